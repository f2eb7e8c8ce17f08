// Owns audit events: what the local system of an organisation reports of one opening of a record.

import { type TimeStyle, formatInstant } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { drawSection } from './sections.ts';
import type { Post } from './staff.ts';

/** A native access event; what its source does not send is undefined, and absent once written. */
export interface AccessEvent {
  event_id: string;
  occurred_at: string;
  action: 'view' | 'search' | 'export';
  outcome?: 'success' | 'denied' | 'error' | 'unknown' | undefined;
  trigger?: 'user' | 'system' | undefined;
  staff_id: string;
  staff_id_system?: string | undefined;
  staff_name?: string | undefined;
  role_code: string;
  role_name: string;
  organisation_code: string;
  site_code?: string | undefined;
  application: string;
  session_id?: string | undefined;
  launch_id?: string | undefined;
  device_id?: string | undefined;
  ip_address?: string | undefined;
  patient_id?: string | undefined;
  section?: string | undefined;
  document_id?: string | undefined;
  supplier_codes?: string[] | undefined;
  purpose?: string | undefined;
  override?: 'break_glass' | 'dissent' | 'self_claimed' | undefined;
  reason?: string | undefined;
  search_terms?: string | undefined;
  search_results?: string[] | undefined;
}

export interface Occurrence {
  /** UTC milliseconds. */
  at: number;
  event: AccessEvent;
  /** Whether it shows somebody's record to the user, so that it can be misuse. */
  is_look: boolean;
}

export interface Opening {
  post: Post;
  patient: Person;
  at: number;
  /** Identifies the user's session; an opening has a launch of its own within it. */
  session_id: string;
  conduct: 'look' | 'denied' | 'preload';
  is_explained: boolean;
  /** Organisations whose data the record of this patient shows. */
  suppliers: readonly string[];
  /** Patients of the same surname, among whom a search finds this one. */
  namesakes: readonly Person[];
}

const REASONS = [
  'Patient unable to consent',
  'Unplanned attendance, history needed',
  'Safeguarding enquiry',
  'Handover from ambulance crew',
];

/** Everything that is reported of one opening, in order of time: search, preloads, then what was seen. */
export function openRecord(random: Random, opening: Opening): Occurrence[] {
  const { post, conduct } = opening;
  const launch = launchOf(random, opening);
  const occurrences: Occurrence[] = [];
  let at = opening.at;

  function add(part: Partial<AccessEvent>, is_look: boolean): void {
    const event = {
      event_id: eventId(random, post.organisation),
      occurred_at: writeTime(at, post),
      action: 'view' as const,
      ...launch,
      ...part,
    };
    occurrences.push({ at, event, is_look });
    at += Math.round(1000 * (3 + 40 * random.next() ** 2)) + random.int(1000);
  }

  if (conduct === 'preload') {
    const count = random.between(1, 3);
    for (let nth = 0; nth < count; nth += 1)
      add({ ...seen(random, opening), trigger: 'system' }, false);
    return occurrences;
  }
  if (random.chance(post.organisation.feed.has_launch ? 0.06 : 0.25))
    add(searchFor(random, opening), false);
  if (conduct === 'denied' || (opening.is_explained && random.chance(0.012))) {
    add({ ...seen(random, opening), outcome: 'denied' }, false);
    if (conduct === 'denied') return occurrences;
  }
  if (random.chance(0.06)) add({ ...seen(random, opening), trigger: 'system' }, false);
  if (random.chance(0.02)) add({ ...seen(random, opening), outcome: 'error' }, false);
  const sections = 1 + Math.min(7, random.poisson(1.05));
  const override = overrideOf(random, opening);
  for (let nth = 0; nth < sections; nth += 1) add({ ...seen(random, opening), ...override }, true);
  if (random.chance(0.003)) add({ ...seen(random, opening), action: 'export' }, true);
  return occurrences;
}

/** What stays the same in all events of one opening. */
function launchOf(
  random: Random,
  { post, session_id }: Opening,
): Omit<AccessEvent, 'event_id' | 'occurred_at' | 'action'> {
  const { organisation, employee, role } = post;
  const { feed } = organisation;
  const desk = post.index % 250;
  return {
    outcome: feed.has_outcome ? 'success' : random.chance(0.1) ? 'unknown' : undefined,
    trigger: feed.has_trigger ? 'user' : undefined,
    staff_id: post.staff_id,
    staff_id_system: post.staff_id_system,
    staff_name: employee === undefined ? undefined : `${employee.initial} ${employee.surname}`,
    role_code: role.role_code,
    role_name: role.role_name,
    organisation_code: organisation.code,
    site_code: organisation.type === 'acute' ? `${organisation.code}0${1 + (desk % 3)}` : undefined,
    application: feed.application,
    session_id: feed.has_session ? session_id : undefined,
    launch_id: feed.has_launch ? random.hex(16) : undefined,
    device_id: feed.has_device ? `WS-${organisation.code}-${desk}` : undefined,
    ip_address: feed.has_device
      ? `10.${organisation.code.charCodeAt(1)}.${organisation.code.charCodeAt(organisation.code.length - 1)}.${desk + 1}`
      : undefined,
    purpose: feed.has_purpose
      ? role.is_delegate
        ? 'HOPERAT'
        : organisation.type === 'ambulance'
          ? 'ETREAT'
          : 'TREAT'
      : undefined,
  };
}

function seen(random: Random, { post, patient, suppliers }: Opening): Partial<AccessEvent> {
  const section = drawSection(random, post.organisation.type);
  return {
    patient_id: patient.patient_id,
    section,
    document_id: section === 'documents' ? `doc-${random.hex(12)}` : undefined,
    supplier_codes:
      suppliers.length === 0
        ? undefined
        : section === 'gp_record'
          ? suppliers.slice(0, 1)
          : [...suppliers],
  };
}

/** A search by name, or by number, that finds the patient; some first find nobody at all. */
function searchFor(random: Random, { patient, namesakes }: Opening): Partial<AccessEvent> {
  const year = new Date(patient.born * 86_400_000).getUTCFullYear();
  if (random.chance(0.12))
    return { action: 'search', search_terms: `${patient.surname.slice(0, 4)} ${year}` };
  if (random.chance(0.3)) {
    return {
      action: 'search',
      search_terms: patient.patient_id,
      search_results: [patient.patient_id],
    };
  }
  const found = new Set([patient.patient_id]);
  for (let nth = 0; nth < 4 && namesakes.length > 1; nth += 1)
    found.add(random.pick(namesakes).patient_id);
  return {
    action: 'search',
    search_terms: `${patient.surname} ${year}`,
    search_results: [...found].sort(),
  };
}

function overrideOf(
  random: Random,
  { post, patient, is_explained }: Opening,
): Partial<AccessEvent> {
  const isUrgent = ['acute', 'ambulance', 'mental_health'].includes(post.organisation.type);
  if (patient.objects_to !== undefined && random.chance(0.05))
    return { override: 'dissent', reason: random.pick(REASONS) };
  if (isUrgent && random.chance(0.004))
    return { override: 'break_glass', reason: random.pick(REASONS) };
  if (!is_explained && random.chance(0.08)) return { override: 'self_claimed' };
  return {};
}

function eventId(random: Random, organisation: Organisation): string {
  if (organisation.feed.event_ids === 'uuid') {
    const hex = random.hex(32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
  const serial = (serials.get(organisation) ?? 0) + 1;
  serials.set(organisation, serial);
  return `${organisation.code}.${String(serial).padStart(8, '0')}`;
}

const serials = new WeakMap<Organisation, number>();

function writeTime(at: number, post: Post): string {
  const style: TimeStyle = post.organisation.feed.time_style;
  return formatInstant(at, style);
}
