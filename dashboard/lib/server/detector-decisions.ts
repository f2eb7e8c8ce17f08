/** What people decide of detectors: what is switched on, and thresholds, tried before they are saved. */
import { randomUUID } from 'node:crypto';
import { addDays, localDay } from '#sql/clock.ts';
import type { Look } from './own-audit.ts';
import type { Reader } from './scope.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

export type Params = Readonly<Record<string, number | string>>;

/** Who decides, and what it is written through. */
export interface Deciding {
  readonly services: Pick<Services, 'clock' | 'people'>;
  readonly viewer: Viewer;
  readonly reader: Reader;
  record(look: Look): Promise<void>;
}

export interface Replay {
  readonly request_id: string;
  readonly detector_id: string;
  readonly organisation_code: string;
  /** JSON object of those that were changed. */
  readonly params: string;
  readonly from_day: string;
  readonly to_day: string;
  readonly reason: string;
  readonly requested_at_ms: number;
  /** waiting, running, done or failed */
  readonly state: string;
  readonly days: number;
  readonly days_done: number;
  readonly staying: number;
  readonly coming: number;
  readonly going: number;
  readonly going_true: number;
  readonly going_false: number;
  readonly message: string;
}

const text_characters_max = 1_000;
const replayed_days = 90;
const statuses = ['shadow', 'signal', 'active'];

/** Guardians decide for their organisations, administrators for all that have not decided for themselves. */
export function mayDecide(viewer: Pick<Viewer, 'role'> | undefined): boolean {
  return viewer?.role === 'guardian' || viewer?.role === 'administrator';
}

/** Whether the viewer may decide, or try, for that organisation: '' is all of them. */
export function isTheirs(
  viewer: Pick<Viewer, 'role' | 'organisation_codes'>,
  organisation_code: string,
): boolean {
  return viewer.role === 'administrator'
    ? organisation_code === ''
    : viewer.organisation_codes.includes(organisation_code);
}

export interface ActivationAsked {
  readonly organisation_code: string;
  readonly status: string;
  readonly ground: string;
  readonly sample: string;
}

/** What the form says, or what is wrong with it in a sentence. */
export function parseActivationForm(form: FormData): ActivationAsked | { problem: string } {
  const status = textOf(form, 'status');
  const ground = textOf(form, 'ground');
  const sample = textOf(form, 'sample');
  if (!statuses.includes(status)) return { problem: 'Choose what the detector may do.' };
  if (ground === '')
    return { problem: 'Say on what ground: the impact assessment, or how staff were told.' };
  if (ground.length > text_characters_max || sample.length > text_characters_max)
    return { problem: `Write at most ${text_characters_max} characters in each field.` };
  return { organisation_code: textOf(form, 'organisation'), status, ground, sample };
}

/** Switches a detector. Our own audit has it before it is written. */
export async function activate(
  { services, viewer, record }: Deciding,
  detector_id: string,
  version: number,
  asked: ActivationAsked,
): Promise<void> {
  const activation_id = randomUUID();
  await record({
    action: 'command',
    subject_kind: 'detector',
    subject_ids: [activation_id],
    detail: JSON.stringify({
      detector_id,
      status: asked.status,
      organisation_code: asked.organisation_code,
    }),
  });
  await services.people.insert('activations', [
    {
      activation_id,
      detector_id,
      version,
      ...asked,
      author: viewer.user_id,
      author_name: viewer.name,
      at: services.clock.now(),
    },
  ]);
}

/**
 * The thresholds that a form changes, or what is wrong with them.
 *
 * @param now those in force, by which the kind of each is known
 */
export function parseParams(form: FormData, now: Params): Params | { problem: string } {
  const changed: Record<string, number | string> = {};
  for (const [name, value] of Object.entries(now)) {
    const text = textOf(form, `param-${name}`);
    if (text === '' || text === String(value)) continue;
    if (typeof value === 'string') {
      changed[name] = text.slice(0, 200);
      continue;
    }
    const number = Number(text);
    if (!Number.isFinite(number)) return { problem: `${name} takes a number.` };
    changed[name] = number;
  }
  if (Object.keys(changed).length === 0)
    return { problem: 'Change at least one threshold before you try it.' };
  return changed;
}

/** Asks analytics for a replay of the latest 90 days. Our own audit has it before the request is made. */
export async function requestReplay(
  { services, viewer, record }: Deciding,
  detector_id: string,
  organisation_code: string,
  params: Params,
  reason: string,
): Promise<void> {
  const request_id = randomUUID();
  const now = services.clock.now();
  const to_day = addDays(localDay(now), 1);
  await record({
    action: 'command',
    subject_kind: 'replay',
    subject_ids: [request_id],
    detail: JSON.stringify({ detector_id, organisation_code, params }),
  });
  await services.people.insert('replay_requests', [
    {
      request_id,
      detector_id,
      organisation_code,
      params: JSON.stringify(params),
      from_day: addDays(to_day, -replayed_days),
      to_day,
      requested_by: viewer.user_id,
      reason: reason.slice(0, text_characters_max),
      requested_at: now,
    },
  ]);
}

/**
 * Saves the thresholds of a replay that is done: whoever saves has seen what they would do.
 *
 * @returns what is wrong, in a sentence; undefined when they are saved
 */
export async function saveReplayed(
  { services, viewer, reader, record }: Deciding,
  replays: readonly Replay[],
  form: FormData,
): Promise<string | undefined> {
  const reason = textOf(form, 'reason');
  const tried = replays.find(({ request_id }) => request_id === textOf(form, 'request_id'));
  if (tried?.state !== 'done') return 'Try the thresholds first, and wait until that is done.';
  if (!isTheirs(viewer, tried.organisation_code))
    return 'You may set thresholds for your own organisations only.';
  if (reason === '') return 'Say why the thresholds are changed.';
  if (reason.length > text_characters_max)
    return `Say why in ${text_characters_max} characters at most.`;
  const { detector_id, organisation_code } = tried;
  const set = await reader.exchange<{ organisation_code: string; params: string; latest: number }>(
    'detector_params',
    { detector_id },
  );
  const before = set.find((row) => row.organisation_code === organisation_code);
  await record({
    action: 'command',
    subject_kind: 'detector',
    subject_ids: [tried.request_id],
    detail: JSON.stringify({ detector_id, organisation_code, params: tried.params }),
  });
  await services.people.insert('detector_params', [
    {
      detector_id,
      params_version: (set[0]?.latest ?? 0) + 1,
      organisation_code,
      params: JSON.stringify({
        ...(JSON.parse(before?.params ?? '{}') as Params),
        ...(JSON.parse(tried.params) as Params),
      }),
      author: viewer.user_id,
      reason,
      set_at: services.clock.now(),
    },
  ]);
  return undefined;
}

/** The thresholds in force for an organisation ('' for all): the detector's own, and what people set over them. */
export function paramsInForce(
  own: Params,
  set: readonly { organisation_code: string; params: string }[],
  organisation_code: string,
): Params {
  const of = (code: string) =>
    JSON.parse(set.find((row) => row.organisation_code === code)?.params ?? '{}') as Params;
  return { ...own, ...of(''), ...(organisation_code === '' ? {} : of(organisation_code)) };
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}
