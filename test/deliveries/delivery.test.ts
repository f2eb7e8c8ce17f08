import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDetectors } from '../../analytics/detectors.ts';
import { writeExchange } from '../support/write-exchange.ts';
import {
  judgeExchanges,
  readRows,
  type Judged,
  type TruthRow,
} from '../support/judged-exchange.ts';
import { linesOf, rewriteEvents } from '../support/rewritten-exchange.ts';

// The same exchange, delivered in different ways, must end in the same alerts: to the last one, word for word. That it does
// when it comes shuffled and doubled, integration/exchange/ shows.
const directory = mkdtempSync(join(tmpdir(), 'access-audit-delivery-'));
const exchange = join(directory, 'exchange');
let as_sent: Judged;
/** How many more alerts of innocent looks a missing feed may make in all: a half. */
const more_in_all = 1.5;
/**
 * How many more alerts of innocent looks a detector may make where one kind of care is sent by nobody. No data tell that
 * it is missing: less is explained, but not so little that a missing link says nothing. One person whose work it was then
 * stands out on three days, and in no more than this may it differ from the exchange with everything.
 */
const more_of_one_kind = 3;

beforeAll(async () => {
  // As many days as are judged at once: every further batch is planned by all detectors anew, in each of the deliveries.
  await writeExchange({ staff: 400, days: 31, seed: 11, ends_on: '2026-04-20', out: exchange });
  as_sent = await judgeExchanges(join(directory, 'as-sent'), [exchange]);
}, 300_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }), 300_000);

it('raises the same alerts when a third of the events come a week after they were judged without', async () => {
  const [early, late] = [join(directory, 'early'), join(directory, 'late')];
  cpSync(join(exchange, 'reference'), join(early, 'reference'), { recursive: true });
  const organisationOf = (line: string) =>
    (JSON.parse(line) as { organisation_code: string }).organisation_code;
  const isLate = (line: string) => hash(organisationOf(line)) % 3 === 0;
  rewriteEvents(exchange, early, (lines) => [lines.filter((line) => !isLate(line))]);
  rewriteEvents(exchange, late, (lines) => [lines.filter(isLate)]);
  const judged = await judgeExchanges(join(directory, 'data-late'), [early, late]);
  expect(judged.alerts).toEqual(as_sent.alerts);
}, 300_000);

it('raises the same alerts when the events come before any reference data', async () => {
  const [events, reference] = [join(directory, 'events-only'), join(directory, 'reference-only')];
  cpSync(join(exchange, 'events'), join(events, 'events'), { recursive: true });
  cpSync(join(exchange, 'reference'), join(reference, 'reference'), { recursive: true });
  const judged = await judgeExchanges(join(directory, 'data-before'), [events, reference]);
  expect(judged.alerts).toEqual(as_sent.alerts);
}, 300_000);

// A feed that never comes: who needs it says so, the rest works, and what rests on absence keeps still.
// Without patients, some practices' lists are known from nowhere, and are too little of all to be missed.
it.each([
  ['staff', 0],
  ['patients', 1],
  ['care_relationships', 0],
] as const)(
  'says who is blind without %s, and accuses nobody for want of it, or %d',
  async (dataset, more_max) => {
    const without = withoutRows(dataset, () => true);
    const judged = await judgeExchanges(join(directory, `data-no-${dataset}`), [without]);
    const needing = loadDetectors().filter(
      ({ status, needs }) => isJudging(status) && needs.some((id) => id === dataset),
    );
    expect(needing.length).toBeGreaterThan(3);
    const troubles = judged.detectors.filter(({ status }) => isJudging(status));
    expect(
      Object.fromEntries(troubles.map(({ detector_id, trouble }) => [detector_id, trouble])),
    ).toEqual(
      Object.fromEntries(
        troubles.map(({ detector_id }) => [
          detector_id,
          needing.some(({ id }) => id === detector_id)
            ? expect.stringMatching(new RegExp(`^blind: .*${dataset}`))
            : judgedTrouble(detector_id),
        ]),
      ),
    );
    expect(above(more_max, accusedMore(judged))).toEqual({});
    expect(accusedInAll(judged)).toBeLessThanOrEqual(more_in_all * accusedInAll(as_sent));
  },
  300_000,
);

it('accuses nobody for want of a directory that knows half of the staff, and no team of the others', async () => {
  const without = withRows('staff', (row) => {
    if (hash(String(row['staff_id'])) % 2 === 0) return [row];
    return hash(String(row['staff_id'])) % 4 === 1 ? [] : [{ ...row, team: undefined }];
  });
  const judged = await judgeExchanges(join(directory, 'data-half-a-directory'), [without]);
  expect(accusedMore(judged)).toEqual({});
  expect(accusedInAll(judged)).toBeLessThanOrEqual(more_in_all * accusedInAll(as_sent));
}, 300_000);

it('raises hardly more where the appointments are not sent', async () => {
  const without = withoutRows(
    'care_relationships',
    (line) => (JSON.parse(line) as { kind: string }).kind === 'appointment',
  );
  const judged = await judgeExchanges(join(directory, 'data-no-appointments'), [without]);
  // Half of what explained care is gone, and with it what the absence of a link says.
  expect(judged.explained).toBeLessThan(as_sent.explained - 0.1);
  expect(above(more_of_one_kind, accusedMore(judged))).toEqual({});
  expect(accusedInAll(judged)).toBeLessThanOrEqual(more_in_all * accusedInAll(as_sent));
}, 300_000);

/** By detector, how many more of its alerts are of innocent looks than with everything; where there are more. */
function accusedMore(judged: Judged): Record<string, number> {
  const with_everything = accusations(as_sent);
  return Object.fromEntries(
    Object.entries(accusations(judged))
      .map(([id, count]) => [id, count - (with_everything[id] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}

function accusedInAll(judged: Judged): number {
  return Object.values(accusations(judged)).reduce((sum, count) => sum + count, 0);
}

function above(max: number, counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > max));
}

/** Alerts of people whom the truth does not know, by detector, draws apart. */
function accusations(judged: Judged): Record<string, number> {
  const misuse = new Set(
    readRows<TruthRow>(exchange, 'truth.ndjson').flatMap(({ event_ids }) => event_ids),
  );
  const raising = new Set(
    loadDetectors()
      .filter(({ status, id }) => status === 'active' && id !== 'random_sample')
      .map(({ id }) => id),
  );
  const innocent = judged.alerts.filter(
    ({ detector_id, event_ids }) =>
      raising.has(detector_id) && !event_ids.some((id) => misuse.has(id)),
  );
  const by_detector = Map.groupBy(innocent, ({ detector_id }) => detector_id);
  return Object.fromEntries([...by_detector].map(([id, alerts]) => [id, alerts.length]));
}

function isJudging(status: string): boolean {
  return status === 'active' || status === 'signal';
}

/** What kept a detector from judging the whole exchange, if anything did. */
function judgedTrouble(detector_id: string): string {
  return as_sent.detectors.find((one) => one.detector_id === detector_id)?.trouble ?? '';
}

/** The exchange without the rows of a dataset for which `isLeftOut` holds; without its file when none is left. */
function withoutRows(dataset: string, isLeftOut: (line: string) => boolean): string {
  return withLines(dataset, (lines) => lines.filter((line) => !isLeftOut(line)));
}

/** The exchange with each row of a dataset replaced by those that `rowsFor` gives. */
function withRows(
  dataset: string,
  rowsFor: (row: Readonly<Record<string, unknown>>) => object[],
): string {
  return withLines(dataset, (lines) =>
    lines.flatMap((line) =>
      rowsFor(JSON.parse(line) as Record<string, unknown>).map((row) => JSON.stringify(row)),
    ),
  );
}

function withLines(dataset: string, into: (lines: string[]) => string[]): string {
  const without = mkdtempSync(join(directory, 'without-'));
  cpSync(join(exchange, 'events'), join(without, 'events'), { recursive: true });
  cpSync(join(exchange, 'reference'), join(without, 'reference'), { recursive: true });
  const file = join(without, 'reference', `${dataset}.ndjson`);
  const left = into(linesOf(file));
  if (left.length === 0) rmSync(file);
  else writeFileSync(file, left.join('\n') + '\n');
  return without;
}

/** The same number for the same text, spread by its last two characters. */
function hash(text: string): number {
  return Number.parseInt(Buffer.from(text).toString('hex').slice(-4), 16);
}
