/** Tampers with a small sealed store, many times over, and says which of it verification did not name. */
import { verifyStore, type VerifyReport } from '../../sql/seals/verify.ts';
import { event, run, type Running } from '../integration/ingest/fixture.ts';
import type { TestEngine } from './engines.ts';
import { keepCopy, type Tampering } from './tampering.ts';

/** Loads a few segments, of which the witness then has the last checkpoint. */
export async function sealedStore(engine: TestEngine): Promise<Running> {
  const running = await run(engine);
  for (const [load, rows] of [5, 1, 12, 8, 33].entries()) {
    await running.post(
      Array.from({ length: rows }, (_, row) =>
        event(`e-${load}-${row}`, {
          occurred_at: `2026-03-0${1 + (row % 3)}T10:00:00.${100 + row}Z`,
          patient_id: '9990000018',
        }),
      ),
    );
  }
  await running.ingest.close();
  return running;
}

/** What verification says of a store now. */
export function verified(engine: TestEngine, data_dir: string): Promise<VerifyReport> {
  return verifyStore({ client: engine.client, data_dir, on_progress: () => {} });
}

/**
 * Tampers `times` times, each way in turn, and returns a sentence for each time that went unnamed, or was named as
 * something else than it was.
 */
export async function tamperManyTimes(
  engine: TestEngine,
  data_dir: string,
  times: number,
  seed: number,
): Promise<{ unnamed: string[]; by_way: Record<string, number> }> {
  const { ways, restore } = await keepCopy(engine);
  const random = seeded(seed);
  const names = Object.keys(ways);
  const unnamed: string[] = [];
  const by_way: Record<string, number> = {};
  for (let time = 0; time < times; time++) {
    const name = names[time % names.length] ?? '';
    const tampering = await ways[name]?.(random);
    if (!tampering) throw new TypeError('There is no such way.');
    const report = await verified(engine, data_dir);
    if (!isNamed(report, tampering))
      unnamed.push(
        `${tampering.name} of load ${tampering.load_seq}: ${JSON.stringify(report.findings)}`,
      );
    by_way[name] = (by_way[name] ?? 0) + 1;
    await restore();
  }
  return { unnamed, by_way };
}

function isNamed(report: VerifyReport, { kinds, load_seq }: Tampering): boolean {
  return (
    !report.is_intact &&
    kinds.some((kind) => report.findings.some((finding) => finding.kind === kind)) &&
    (load_seq === 0 || report.first_load_that_differs === load_seq)
  );
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
