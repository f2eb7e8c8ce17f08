/** What is left out of the queue for a time: made from an alert, with a preview of what it would have hidden. */
import { randomUUID } from 'node:crypto';
import { localDay } from '#sql/clock.ts';
import { false_findings, true_findings } from '../finding-words.ts';
import type { Look } from './own-audit.ts';
import type { Reader } from './scope.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';
import { readWithheld } from './withhold.ts';

export interface Suppression {
  readonly suppression_id: string;
  readonly organisation_code: string;
  readonly detector_id: string;
  readonly staff_id: string;
  readonly is_of_patient: number;
  readonly owner: string;
  readonly why: string;
  readonly expires_at_ms: number;
  readonly hidden_before: number;
  readonly made_at_ms: number;
  /** 0 unless it was ended before its time. */
  readonly ended_at_ms: number;
  readonly is_in_force: number;
  /** Open alerts that it leaves out now. */
  readonly hidden_now: number;
}

export interface SuppressionAsked {
  readonly is_of_detector: boolean;
  readonly is_of_staff: boolean;
  readonly is_of_patient: boolean;
  readonly owner: string;
  readonly reason: string;
  readonly days: number;
}

export interface PreviewRow {
  readonly detector_id: string;
  readonly alerts: number;
  readonly open_ones: number;
  readonly found_true: number;
  readonly found_false: number;
}

/** Who makes or ends one, and what it is written through. */
export interface Suppressing {
  readonly services: Pick<Services, 'clock' | 'people'>;
  readonly viewer: Pick<Viewer, 'user_id'>;
  readonly reader: Reader;
  record(look: Look): Promise<void>;
}

/** Nobody remembers for longer why something is not looked at. */
export const suppression_days_max = 180;
const day_ms = 86_400_000;
const text_characters_max = 1_000;

export function readSuppressions(reader: Reader, now: number): Promise<Suppression[]> {
  return reader.scoped<Suppression>('suppressions', { now });
}

/** Whom a suppression that is made from an alert is about. */
export interface SuppressionSubject {
  readonly detector_id: string;
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly patient_id: string;
  readonly organisation_code: string;
}

/**
 * The subject of an alert; undefined where there is none that this reader may see, and where it may not be told: what
 * names nobody cannot be the ground of anything.
 */
export async function readSubject(
  reader: Reader,
  alert_id: string,
): Promise<SuppressionSubject | undefined> {
  const [subject] = await reader.scoped<SuppressionSubject>('suppression_subject', { alert_id });
  if (!subject) return undefined;
  return (await readWithheld(reader, [alert_id])).has(alert_id) ? undefined : subject;
}

/** What the form says, or what is wrong with it in a sentence. */
export function parseSuppressionForm(
  form: FormData,
): (SuppressionAsked & { problem?: undefined }) | { problem: string } {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const asked = {
    is_of_detector: form.get('of_detector') === 'yes',
    is_of_staff: form.get('of_staff') === 'yes',
    is_of_patient: form.get('of_patient') === 'yes',
    owner: text('owner'),
    reason: text('reason'),
    days: Number(text('days')),
  };
  // Everything of an organisation cannot be left out at once: that would be to switch the audit off.
  if (!asked.is_of_detector && !asked.is_of_staff && !asked.is_of_patient)
    return {
      problem: 'Choose what is left out: the detector, the member of staff, or the patient.',
    };
  if (asked.owner === '') return { problem: 'Say who answers for it.' };
  if (asked.reason === '') return { problem: 'Say why it is left out.' };
  if (asked.owner.length > text_characters_max || asked.reason.length > text_characters_max)
    return { problem: `Write at most ${text_characters_max} characters in each field.` };
  if (!Number.isInteger(asked.days) || asked.days < 1 || asked.days > suppression_days_max)
    return { problem: `Choose from 1 to ${suppression_days_max} days.` };
  return asked;
}

/** What it would have left out of the last 90 days, by detector. */
export function previewSuppression(
  reader: Reader,
  now: number,
  alert_id: string,
  asked: SuppressionAsked,
): Promise<PreviewRow[]> {
  const { is_of_detector, is_of_staff, is_of_patient } = asked;
  return reader.scoped<PreviewRow>('suppression_preview', {
    alert_id,
    is_of_detector,
    is_of_staff,
    is_of_patient,
    to_day: localDay(now),
    true_findings: [...true_findings],
    false_findings: [...false_findings],
  });
}

/** Makes a suppression from an alert. Our own audit has it before it is written. */
export async function suppress(
  { services, viewer, reader, record }: Suppressing,
  alert_id: string,
  asked: SuppressionAsked,
): Promise<void> {
  const subject = await readSubject(reader, alert_id);
  if (!subject) throw new TypeError('The alert was there a moment ago.');
  const now = services.clock.now();
  const preview = await previewSuppression(reader, now, alert_id, asked);
  const suppression_id = randomUUID();
  const { is_of_detector, is_of_staff, is_of_patient } = asked;
  await record({
    action: 'command',
    subject_kind: 'suppression',
    subject_ids: [suppression_id, alert_id],
    detail: JSON.stringify({ is_of_detector, is_of_staff, is_of_patient, days: asked.days }),
  });
  await services.people.insert('suppressions', [
    {
      suppression_id,
      change: 'made',
      organisation_code: subject.organisation_code,
      detector_id: is_of_detector ? subject.detector_id : '',
      staff_id_system: is_of_staff ? subject.staff_id_system : '',
      staff_id: is_of_staff ? subject.staff_id : '',
      patient_id: is_of_patient ? subject.patient_id : '',
      owner: asked.owner,
      reason: asked.reason,
      expires_at: now + asked.days * day_ms,
      hidden_before: preview.reduce((sum, row) => sum + row.alerts, 0),
      author: viewer.user_id,
      at: now,
    },
  ]);
}

/** Ends one of the viewer's own before its time; false where there is none such in force. */
export async function endSuppression(
  { services, viewer, reader, record }: Suppressing,
  suppression_id: string,
): Promise<boolean> {
  const now = services.clock.now();
  const known = await readSuppressions(reader, now);
  const one = known.find((row) => row.suppression_id === suppression_id);
  if (!one || Number(one.is_in_force) !== 1) return false;
  await record({
    action: 'command',
    subject_kind: 'suppression',
    subject_ids: [suppression_id],
    detail: JSON.stringify({ change: 'ended' }),
  });
  await services.people.insert('suppressions', [
    {
      suppression_id,
      change: 'ended',
      organisation_code: one.organisation_code,
      expires_at: one.expires_at_ms,
      author: viewer.user_id,
      at: now,
    },
  ]);
  return true;
}
