import { expect, it } from 'vitest';
import { onEachEngine } from '../support/engines.ts';
import { sealedStore, tamperManyTimes, verified } from '../support/tampered-store.ts';

onEachEngine('a thousand tamperings with a sealed store', (engine) => {
  it('are all named for what they are', async () => {
    const running = await sealedStore(engine());
    const { unnamed, by_way } = await tamperManyTimes(engine(), running.data_dir, 1_000, 6_962);
    // Tells of each way how often it was taken, for whoever reads the log of the suite.
    process.stderr.write(`${JSON.stringify(by_way)}\n`);
    expect(unnamed).toEqual([]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });
});
