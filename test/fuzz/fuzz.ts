/** Runs a fuzz target: so many inputs, each within a time, all within a memory. */
import { Worker } from 'node:worker_threads';
import { createInputs } from './mutate.ts';
import type { FuzzTarget } from './target.ts';

export interface FuzzReport {
  readonly name: string;
  readonly runs: number;
  readonly seconds: number;
  /** Of processor time: on a busy machine the time of day says little. */
  readonly slowest_ms: number;
  readonly slowest_bytes: number;
  /** How far the memory of the process rose above where it began, at its highest. */
  readonly rss_growth_mib: number;
}

/** What a target failed on. */
export class FuzzFailure extends Error {
  readonly input: Buffer;
  readonly run: number;

  constructor(message: string, input: Buffer, run: number, cause?: unknown) {
    super(message, { cause });
    this.input = input;
    this.run = run;
  }
}

/** An attack of 16 MiB is read in about a second; a parser that takes ten has been beaten. */
const input_ms_max = 10_000;
const rss_growth_mib_max = 1_024;

/** @throws FuzzFailure on the first input that is not survived */
export async function fuzz(target: FuzzTarget, runs: number, seed: number): Promise<FuzzReport> {
  const inputs = createInputs(target.seeds, seed);
  const rss_before = process.memoryUsage.rss();
  const began = performance.now();
  const watch = startWatch(target.name);
  let slowest_ms = 0;
  let slowest_bytes = 0;
  let rss_growth_mib = 0;
  try {
    for (let run = 0; run < runs; run++) {
      const input = inputs.next();
      const before = process.cpuUsage();
      try {
        const running = target.run(input);
        if (running) await running;
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new FuzzFailure(`${target.name}, input ${run}: ${message}`, input, run, cause);
      }
      const { user, system } = process.cpuUsage(before);
      const ms = (user + system) / 1_000;
      if (ms > slowest_ms) [slowest_ms, slowest_bytes] = [ms, input.length];
      if (ms > input_ms_max)
        throw new FuzzFailure(
          `${target.name}, input ${run}: took ${Math.round(ms)} ms`,
          input,
          run,
        );
      if (run % 1_000 !== 0) continue;
      watch.tick();
      const growth = (process.memoryUsage.rss() - rss_before) / 1_048_576;
      rss_growth_mib = Math.max(rss_growth_mib, growth);
      if (growth > rss_growth_mib_max)
        throw new FuzzFailure(
          `${target.name}: memory grew by ${Math.round(growth)} MiB`,
          input,
          run,
        );
    }
  } finally {
    await watch.stop();
  }
  return {
    name: target.name,
    runs,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    slowest_ms: Math.round(slowest_ms),
    slowest_bytes,
    rss_growth_mib: Math.round(rss_growth_mib),
  };
}

/** Ends the process when a parser never returns: nothing in its own thread could. */
function startWatch(name: string) {
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(watcher, { eval: true, workerData: { beat, name } });
  worker.unref();
  return {
    tick: () => void Atomics.add(beat, 0, 1),
    stop: () => worker.terminate(),
  };
}

const watcher = `
  const { beat, name } = require('node:worker_threads').workerData;
  let last = -1, since = Date.now();
  setInterval(() => {
    const now = Atomics.load(beat, 0);
    if (now !== last) { last = now; since = Date.now(); return; }
    if (Date.now() - since < 300000) return;
    require('node:fs').writeSync(2, name + ': no progress for 300 s\\n');
    process.kill(process.pid, 'SIGKILL');
  }, 1000);
`;
