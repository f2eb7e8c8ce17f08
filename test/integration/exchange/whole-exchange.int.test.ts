import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom } from '../../simulate/random.ts';
import {
  judgeExchanges,
  readRows,
  scoreAlerts,
  type Judged,
  type TruthRow,
} from '../../support/judged-exchange.ts';
import { linesOf, rewriteEvents } from '../../support/rewritten-exchange.ts';
import { writeExchange } from '../../support/write-exchange.ts';

// A whole exchange through the whole system. Other ways to deliver it are a suite of their own: test/deliveries/.
const directory = mkdtempSync(join(tmpdir(), 'access-audit-exchange-'));
const exchange = join(directory, 'exchange');
let as_sent: Judged;

beforeAll(async () => {
  await writeExchange({ staff: 400, days: 31, seed: 11, ends_on: '2026-04-20', out: exchange });
  as_sent = await judgeExchanges(join(directory, 'as-sent'), [exchange]);
}, 300_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }), 300_000);

it('finds all labelled misuse, and no own record or household among the hard negatives', () => {
  const truth = readRows<TruthRow>(exchange, 'truth.ndjson');
  const scores = scoreAlerts(as_sent, truth, readRows<TruthRow>(exchange, 'hard_negatives.ndjson'));
  expect(
    scores.map(({ detector_id, misuse, found }) => ({ detector_id, missed: misuse - found })),
  ).toEqual([
    { detector_id: 'own_record', missed: 0 },
    { detector_id: 'household', missed: 0 },
    { detector_id: 'out_of_area', missed: 0 },
  ]);
  const rules = scores.filter(({ detector_id }) => detector_id !== 'out_of_area');
  for (const score of rules) {
    expect(score.misuse).toBeGreaterThan(0);
    expect(score).toMatchObject({ alerts_on_hard_negatives: 0 });
  }
}, 300_000);

it('raises the same alerts when lines and files come shuffled and doubled, and stores every event once, and nothing when all is sent again', async () => {
  const shuffled = join(directory, 'shuffled');
  rewriteEvents(exchange, shuffled, (lines) => [shuffle([...lines, ...lines.slice(0, 5_000)], 3)]);
  cpSync(join(exchange, 'reference'), join(shuffled, 'reference'), { recursive: true });
  for (const name of readdirSync(join(shuffled, 'reference'))) {
    const file = join(shuffled, 'reference', name);
    writeFileSync(file, shuffle(linesOf(file), 5).join('\n') + '\n');
  }
  const judged = await judgeExchanges(join(directory, 'data-shuffled'), [shuffled, exchange]);
  const [first, second] = judged.totals;
  expect(first).toMatchObject({ stored: as_sent.totals[0]?.stored, conflicts: 0, rejected: 0 });
  expect(first?.duplicates).toBeGreaterThanOrEqual(5_000);
  expect(second).toMatchObject({ stored: 0, conflicts: 0, rejected: 0 });
  expect(judged.rollups_equal_source).toBe(true);
  expect(judged.alerts).toEqual(as_sent.alerts);
}, 300_000);

function shuffle(lines: readonly string[], seed: number): string[] {
  return createRandom(seed, 'delivery').shuffle([...lines]);
}
