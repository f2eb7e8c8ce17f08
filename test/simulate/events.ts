// Owns audit events: what the local system of an organisation reports of one opening of a record.

import { type TimeStyle, formatInstant } from './london-time.ts';
import { networkOf, siteOf } from './networks.ts';
import type { Organisation } from './organisations.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { type Section, drawSection } from './sections.ts';
import type { Post } from './staff.ts';
import type { Surroundings } from './surroundings.ts';

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
  role_code?: string | undefined;
  role_name?: string | undefined;
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
  override?: 'break_glass' | 'dissent' | 'sealed' | 'self_claimed' | undefined;
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

/** What is particular about an opening; whatever is absent is as it usually is. */
export interface Manner {
  /** The sections that are seen, one after the other. */
  sections?: readonly Section[];
  override?: AccessEvent['override'];
  reason?: string;
  /** Searches by name before the record is opened. */
  searches?: number;
  /** Seen from somewhere else than the member of staff's own desk: the number of a site, or from home. */
  place?: number | 'home';
  /** One glance, and on to the next record. */
  is_glance?: boolean;
}

export interface Opening {
  post: Post;
  patient: Person;
  at: number;
  /** Identifies the user's session; an opening has a launch of its own within it. */
  session_id: string;
  conduct: 'look' | 'denied' | 'preload';
  is_explained: boolean;
  manner?: Manner | undefined;
  surroundings: Surroundings;
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
  const { post, conduct, manner = {}, surroundings } = opening;
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
  if (manner.is_glance === true) {
    add(seen(random, opening, manner.sections?.[0]), true);
    return occurrences;
  }
  for (let nth = 0; nth < (manner.searches ?? 0); nth += 1)
    add(searchByName(random, opening), false);
  const search_share =
    surroundings.search_share *
    (post.organisation.feed.has_launch ? 1 : 3) *
    (post.role.reading === 'desk' ? 2.5 : 1);
  if (manner.searches === undefined && random.chance(search_share))
    add(searchFor(random, opening), false);
  if (conduct === 'denied' || (opening.is_explained && random.chance(0.012))) {
    add({ ...seen(random, opening), outcome: 'denied' }, false);
    if (conduct === 'denied') return occurrences;
  }
  if (random.chance(0.06)) add({ ...seen(random, opening), trigger: 'system' }, false);
  if (random.chance(0.02)) add({ ...seen(random, opening), outcome: 'error' }, false);
  const override = overrideOf(random, opening);
  if (manner.sections === undefined) {
    const sections = 1 + Math.min(7, random.poisson(1.05));
    for (let nth = 0; nth < sections; nth += 1)
      add({ ...seen(random, opening), ...override }, true);
    if (random.chance(0.003)) add({ ...seen(random, opening), action: 'export' }, true);
  } else {
    for (const section of manner.sections)
      add({ ...seen(random, opening, section), ...override }, true);
  }
  return occurrences;
}

/** What stays the same in all events of one opening. */
function launchOf(
  random: Random,
  { post, session_id, manner }: Opening,
): Omit<AccessEvent, 'event_id' | 'occurred_at' | 'action'> {
  const { organisation, employee, role } = post;
  const { feed } = organisation;
  return {
    outcome: feed.has_outcome ? 'success' : random.chance(0.1) ? 'unknown' : undefined,
    trigger: feed.has_trigger ? 'user' : undefined,
    staff_id: post.staff_id,
    staff_id_system: post.staff_id_system,
    staff_name: employee === undefined ? undefined : `${employee.initial} ${employee.surname}`,
    role_code: feed.roles === 'names' ? undefined : role.role_code,
    role_name: feed.roles === 'codes' ? undefined : role.role_name,
    organisation_code: organisation.code,
    site_code: siteOf(post, session_id, manner?.place),
    application: feed.application,
    session_id: feed.has_session ? session_id : undefined,
    launch_id: feed.has_launch ? random.hex(16) : undefined,
    ...networkOf(post, session_id, manner?.place),
    purpose: feed.has_purpose
      ? role.duty !== 'care'
        ? 'HOPERAT'
        : organisation.type === 'ambulance'
          ? 'ETREAT'
          : 'TREAT'
      : undefined,
  };
}

function seen(
  random: Random,
  { post, patient, suppliers }: Opening,
  chosen?: Section,
): Partial<AccessEvent> {
  const section = chosen ?? drawSection(random, post.organisation.type, post.role);
  return {
    patient_id: patient.patient_id,
    section: post.organisation.feed.has_section ? section : undefined,
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
function searchFor(random: Random, opening: Opening): Partial<AccessEvent> {
  const { patient } = opening;
  if (random.chance(0.12)) {
    const year = new Date(patient.born * 86_400_000).getUTCFullYear();
    return { action: 'search', search_terms: `${patient.surname.slice(0, 4)} ${year}` };
  }
  if (random.chance(0.3)) {
    return {
      action: 'search',
      search_terms: patient.patient_id,
      search_results: [patient.patient_id],
    };
  }
  return searchByName(random, opening);
}

function searchByName(random: Random, { patient, namesakes }: Opening): Partial<AccessEvent> {
  const year = new Date(patient.born * 86_400_000).getUTCFullYear();
  const found = new Set([patient.patient_id]);
  for (let nth = 0; nth < 4 && namesakes.length > 1; nth += 1)
    found.add(random.pick(namesakes).patient_id);
  return {
    action: 'search',
    search_terms: random.chance(0.5) ? patient.surname : `${patient.surname} ${year}`,
    search_results: [...found].sort(),
  };
}

function overrideOf(
  random: Random,
  { post, patient, is_explained, manner, surroundings }: Opening,
): Partial<AccessEvent> {
  if (manner?.override !== undefined) return { override: manner.override, reason: manner.reason };
  const isUrgent = ['acute', 'ambulance', 'mental_health'].includes(post.organisation.type);
  const reason = random.chance(0.95) ? random.pick(REASONS) : undefined;
  if (patient.objects_to !== undefined && random.chance(0.05))
    return { override: 'dissent', reason };
  // Emergency departments break the glass ten times as often as wards do.
  const isEmergency =
    post.team?.startsWith('Emergency') === true || post.role.role_name === 'Paramedic';
  if (isUrgent && random.chance(surroundings.break_glass_share * (isEmergency ? 4 : 0.4)))
    return { override: 'break_glass', reason };
  if (!is_explained && random.chance(surroundings.claim_share)) return { override: 'self_claimed' };
  // What a local system knows of relationships is not what the feeds tell: some claims turn out recorded.
  if (is_explained && random.chance(surroundings.claim_share / 10))
    return { override: 'self_claimed' };
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
