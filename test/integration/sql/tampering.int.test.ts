import { afterEach, beforeEach, expect, it } from 'vitest';
import { onEachEngine } from '../../support/engines.ts';
import { sealedStore, tamperManyTimes, verified } from '../../support/tampered-store.ts';
import type { Running } from '../ingest/fixture.ts';

onEachEngine('a sealed store', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await sealedStore(engine());
  });
  afterEach(() => engine().truncate());

  it('is intact as long as nobody touches it, also where only some loads are looked at', async () => {
    expect(await verified(engine(), running.data_dir)).toMatchObject({
      is_intact: true,
      loads: 5,
      events: 59,
      seals: 6,
      findings: [],
      not_sealed: [],
    });
  });

  it('names every edit, removal, insertion, exchange, truncation and rollback, and the load', async () => {
    const { unnamed } = await tamperManyTimes(engine(), running.data_dir, 39, 20_260_301);
    expect(unnamed).toEqual([]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });
});
