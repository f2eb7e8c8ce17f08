/** What reviewers conclude on alerts: read, and added to, never changed. */
import { randomUUID } from 'node:crypto';
import { finding_names } from '../finding-words.ts';
import type { Look } from './own-audit.ts';
import type { Reader } from './scope.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

export interface Finding {
  readonly finding_id: string;
  readonly alert_id: string;
  /** closed or reopened */
  readonly change: string;
  readonly finding: string;
  readonly note: string;
  readonly author_name: string;
  readonly previous_finding_id: string;
  readonly alert_version: number;
  readonly stands: number;
  readonly found_at_ms: number;
}

/** What a reviewer asks to be recorded. */
export interface FindingAsked {
  readonly change: 'closed' | 'reopened';
  readonly finding: string;
  readonly note: string;
  /** The latest finding that they saw; empty for none. */
  readonly previous_finding_id: string;
  /** Whether it is said of the other open alerts of the same item too. */
  readonly is_for_item: boolean;
}

/** A form that cannot be recorded: what is wrong, and what was filled in, so that nothing is lost. */
export interface FindingProblem {
  readonly problem: string;
  readonly finding: string;
  readonly note: string;
}

/** Who records, and what they record through. */
export interface Recording {
  readonly services: Pick<Services, 'clock' | 'people'>;
  readonly viewer: Pick<Viewer, 'user_id' | 'name'> | undefined;
  readonly reader: Reader;
  record(look: Look): Promise<void>;
}

const note_characters_max = 4_000;
const id_form = /^[0-9a-f-]{36}$/;

/** What the form says, or what is wrong with it in a sentence. */
export function parseFindingForm(form: FormData): FindingAsked | FindingProblem {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const change = text('change') === 'reopened' ? 'reopened' : 'closed';
  const finding = change === 'closed' ? text('finding') : '';
  const note = text('note');
  const problem = (what: string) => ({ problem: what, finding, note });
  if (change === 'closed' && !Object.hasOwn(finding_names, finding))
    return problem('Choose what you found.');
  if (note === '')
    return problem(
      change === 'closed'
        ? 'Say what you checked, and what it showed.'
        : 'Say why it is looked at again.',
    );
  if (note.length > note_characters_max)
    return problem(`Write at most ${note_characters_max} characters; this is ${note.length}.`);
  const previous = text('previous_finding_id');
  return {
    change,
    finding,
    note,
    previous_finding_id: id_form.test(previous) ? previous : '',
    is_for_item: form.get('is_for_item') === 'yes',
  };
}

/** The findings on some alerts, the latest first. */
export function readFindings(reader: Reader, alert_ids: readonly string[]): Promise<Finding[]> {
  return reader.scoped<Finding>('alert_findings', { alert_ids: [...alert_ids] });
}

/** The latest finding that stands on an alert. */
export function headOf(findings: readonly Finding[], alert_id: string): Finding | undefined {
  return findings.find((one) => one.alert_id === alert_id && Number(one.stands) === 1);
}

/**
 * Records a finding on `alert_id`, and on `others` where the reviewer asked for it: those that are closed already are
 * left as they are. Our own audit has it before it is written.
 *
 * @returns the finding of somebody else that stands instead, where one was recorded since the reviewer opened the page
 */
export async function recordFinding(
  { services, viewer, reader, record }: Recording,
  alert_id: string,
  others: readonly string[],
  asked: FindingAsked,
): Promise<Finding | undefined> {
  const alert_ids = [alert_id, ...(asked.is_for_item ? others : [])];
  const findings = await readFindings(reader, alert_ids);
  const head = headOf(findings, alert_id);
  if ((head?.finding_id ?? '') !== asked.previous_finding_id) return head;
  const heads = await reader.scoped<AlertHead>('alert_heads', { alert_ids });
  const rows = heads
    .filter(
      (one) => one.alert_id === alert_id || headOf(findings, one.alert_id)?.change !== 'closed',
    )
    .map(({ alert_organisation_code, ...one }) => ({
      finding_id: randomUUID(),
      ...one,
      organisation_code: alert_organisation_code,
      change: asked.change,
      finding: asked.finding,
      note: asked.note,
      author: viewer?.user_id ?? '',
      author_name: viewer?.name ?? '',
      found_at: services.clock.now(),
      previous_finding_id: headOf(findings, one.alert_id)?.finding_id ?? '',
    }));
  await record({
    action: 'command',
    subject_kind: 'finding',
    subject_ids: rows.map((row) => row.alert_id),
    detail: JSON.stringify({ change: asked.change, finding: asked.finding }),
  });
  await services.people.insert('findings', rows);
  // Somebody may have been faster by the time it took to write: then theirs stands.
  const mine = rows.find((row) => row.alert_id === alert_id)?.finding_id;
  const after = await readFindings(reader, [alert_id]);
  const stands = after.some((one) => one.finding_id === mine && Number(one.stands) === 1);
  return stands ? undefined : headOf(after, alert_id);
}

interface AlertHead {
  readonly alert_id: string;
  readonly alert_version: number;
  readonly detector_id: string;
  readonly detector_version: string;
  readonly score: number;
  readonly alert_organisation_code: string;
}
