/** Runs a detector's cases on a real engine: rows in, roll-ups built, the detector run, its alerts out. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { project_root } from '../sql/statement.ts';
import type { Alert } from './alerts.ts';
import { createLoads, own_tables, type Row } from './case-data.ts';
import { isPastGrace, readDays } from './days.ts';
import type { Detector } from './detectors.ts';
import { definitionInvalid } from './errors.ts';
import { findAlerts } from './judge.ts';
import { markDirtyDays } from './mark.ts';
import { paramsInForce, type Params } from './params.ts';
import { rebuildDays } from './rebuild.ts';

/** One file of `cases/`: its name is the sentence that it proves. */
export interface DetectorCase {
  readonly name: string;
  /**
   * Rows by dataset; `events` are access events. Loaded in the order in which they stand. A dataset may come again as
   * `patients as of 2024-01-01`, a snapshot of that local day.
   */
  readonly given: Readonly<Record<string, readonly Row[]>>;
  /** All alerts that must come of it, each with the fields that matter. */
  readonly expect: readonly Row[];
  /** Names of the mutations that change what comes of it (`mutationsOf`): the thresholds that this case holds in place. */
  readonly pins: readonly string[];
}

/** The cases of a detector, by name. @throws CodedError DEFINITION_INVALID */
export function readCases(detector_id: string): DetectorCase[] {
  return readCasesIn(join('analytics', 'detectors', detector_id, 'cases'));
}

/** The cases of a folder of the project, by name. @throws CodedError DEFINITION_INVALID */
export function readCasesIn(folder: string): DetectorCase[] {
  return readdirSync(join(project_root, folder))
    .sort()
    .map((file) => {
      const path = `${folder}/${file}`;
      const parsed = parseYaml(
        readFileSync(join(project_root, path), 'utf8'),
      ) as Partial<DetectorCase> | null;
      const { given, expect, pins = [], ...others } = parsed ?? {};
      if (!given || !Array.isArray(expect) || Object.keys(others).length > 0) {
        throw definitionInvalid(
          path,
          'a case has given (rows by dataset), expect (rows) and pins (names of mutations), and nothing else.',
        );
      }
      return {
        name: file.replace(/\.yaml$/, '').replaceAll('_', ' '),
        given: Object.fromEntries(
          Object.entries(given).map(([name, rows]) => [name, rows.flatMap(repeated)]),
        ),
        expect,
        pins,
      };
    });
}

/** Loads a case into empty tables, judges it, and returns what the detector finds under its own params. */
export async function runCase(
  client: SqlClient,
  clock: Clock,
  detector: Detector,
  one: DetectorCase,
): Promise<Alert[]> {
  await loadGiven(client, one);
  const load_seq = await markDirtyDays(client, clock);
  // Live detectors read the events themselves; and a whole cycle would ask some twenty things more of each case.
  if (detector.mode === 'scheduled') {
    const days = (await readDays(client)).map(({ day }) => day);
    await rebuildDays(client, clock, days, load_seq, { later: [], on_batch: () => undefined });
  }
  return alertsUnder(client, detector, detector.params);
}

/** Loads what a case gives into empty tables. */
export async function loadGiven(
  client: SqlClient,
  one: Pick<DetectorCase, 'given'>,
): Promise<void> {
  const loads = createLoads(client);
  for (const [name, rows] of Object.entries(one.given)) {
    // `patients as of 2024-01-01` is a snapshot of that day: a dataset may come several times.
    const [dataset = '', as_of] = name.split(' as of ');
    if (dataset === 'events') await loads.events(rows);
    else if (dataset === 'uncommitted_events') await loads.uncommitted(rows);
    else if (dataset in own_tables) await loads.own(dataset, rows);
    else await loads.reference(dataset, rows, as_of);
  }
}

/** What the detector finds in the case that is loaded now, with other params. */
export async function alertsUnder(
  client: SqlClient,
  detector: Detector,
  params: Params,
): Promise<Alert[]> {
  return alertsOf(client, detector, params, await judgedDays(client, detector));
}

/**
 * What the detector finds on the last of the judged days when it is judged by itself, or nothing where there is but one.
 * It must be what it finds on that day among the others: a detector is a function of each day, whatever else is judged.
 */
export async function alertsOfLastDay(
  client: SqlClient,
  detector: Detector,
): Promise<{ readonly day: string; readonly alerts: Alert[] } | undefined> {
  const days = await judgedDays(client, detector);
  const day = days.at(-1);
  if (day === undefined || days.length === 1) return undefined;
  return { day, alerts: await alertsOf(client, detector, detector.params, [day]) };
}

/**
 * The days on which the detector's `candidates.sql` takes it for possible that the events of the case that is loaded now
 * raise something: at least those that the events of its alerts are of. Undefined where it has none.
 */
export async function candidatesNow(
  client: SqlClient,
  detector: Detector,
): Promise<string[] | undefined> {
  if (!detector.candidates) return undefined;
  const days = await judgedDays(client, detector);
  const rows = await client.rows<{ day: string }>(
    detector.candidates,
    { ...detector.params, days, after_load_seq: 0, to_load_seq: Number.MAX_SAFE_INTEGER },
    { limits: 'analysis' },
  );
  return rows.map(({ day }) => day).sort();
}

/** The days of the case that is loaded now which the detector judges. */
async function judgedDays(client: SqlClient, detector: Detector): Promise<string[]> {
  const known = (await readDays(client)).map(({ day }) => day);
  return known.filter((day) => isPastGrace(day, detector.grace_days ?? 0, known.at(-1) ?? ''));
}

async function alertsOf(
  client: SqlClient,
  detector: Detector,
  params: Params,
  days: readonly string[],
): Promise<Alert[]> {
  const alerts = await findAlerts(
    client,
    detector,
    paramsInForce({ ...detector, params }, []),
    days,
  );
  return alerts.sort((a, b) => (a.alert_id < b.alert_id ? -1 : 1));
}

/** One param moved by one step: 1 for whole numbers, else a tenth of its leading digit's place. */
export interface Mutation {
  /** The param and where it goes: `window_minutes up`. */
  readonly name: string;
  readonly params: Params;
  /** A weight moves scores, as more of the past may; every other param must move which alerts there are. */
  readonly is_weight: boolean;
}

/** Each numeric param one step up and one down. */
export function mutationsOf(detector: Pick<Detector, 'params'>): Mutation[] {
  return Object.entries(detector.params).flatMap(([param, value]) => {
    if (typeof value !== 'number') return [];
    const step = stepOf(value);
    return (['up', 'down'] as const).map((way) => {
      const moved = Number((way === 'up' ? value + step : value - step).toPrecision(12));
      return {
        name: `${param} ${way}`,
        params: { ...detector.params, [param]: moved },
        is_weight: param.endsWith('_weight') || param === 'lookback_days',
      };
    });
  });
}

/** The mutation of that name. @throws CodedError DEFINITION_INVALID */
export function mutationNamed(name: string, of: Pick<Detector, 'id' | 'params'>): Mutation {
  const named = mutationsOf(of).find((mutation) => mutation.name === name);
  if (!named) {
    throw definitionInvalid(
      of.id,
      `a case pins "${name}"; a mutation is named by a numeric param and up or down.`,
    );
  }
  return named;
}

/** What a mutation is judged by: which alerts there are, and for weights their scores. */
export function fingerprint(alerts: readonly Alert[], is_weight: boolean): string {
  return alerts
    .map(({ alert_id, score }) => (is_weight ? `${alert_id} ${score}` : alert_id))
    .join('\n');
}

export function stepOf(value: number): number {
  if (Number.isInteger(value)) return 1;
  return 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
}

/** A row with `repeat: N` stands for N rows, in which `{i}` is the number from 1. */
function repeated(row: Row): Row[] {
  const { repeat, ...rest } = row;
  if (typeof repeat !== 'number') return [row];
  return Array.from({ length: repeat }, (_, index) =>
    Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replaceAll('{i}', String(index + 1)) : value,
      ]),
    ),
  );
}
