import { expect, it } from 'vitest';
import { onEachEngine } from '../support/engines.ts';
import { countOf } from './random.ts';
import { sealedStore, tamperManyTimes, verified } from '../support/tampered-store.ts';

// 13 ways to tamper take turns.
const tamperings = countOf('FAULT_TAMPERINGS', 65);

onEachEngine('a sealed store', (engine) => {
  it(`has each of ${tamperings} tamperings named for what it is`, async () => {
    const running = await sealedStore(engine());
    const { unnamed, by_way } = await tamperManyTimes(
      engine(),
      running.data_dir,
      tamperings,
      6_962,
    );
    // Tells of each way how often it was taken, for whoever reads the log of the suite.
    process.stderr.write(`${JSON.stringify(by_way)}\n`);
    expect(unnamed).toEqual([]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });
});
