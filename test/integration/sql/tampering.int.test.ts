import { afterEach, beforeEach, expect, it } from 'vitest';
import { system_clock } from '../../../sql/clock.ts';
import type { VerifyReport } from '../../../sql/seals/verify.ts';
import { verifyCommand } from '../../../sql/seals/verify-command.ts';
import { onEachEngine } from '../../support/engines.ts';
import { sealedStore, tamperManyTimes, verified } from '../../support/tampered-store.ts';
import type { Running } from '../ingest/fixture.ts';

onEachEngine('a sealed store', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await sealedStore(engine());
  });
  afterEach(() => engine().truncate());

  it('is intact as long as nobody touches it', async () => {
    expect(await verified(engine(), running.data_dir)).toMatchObject({
      is_intact: true,
      loads: 5,
      events: 59,
      seals: 6,
      findings: [],
      not_sealed: [],
    });
  });

  it('is looked at from one load to another by --from and --to, and what lies outside is not', async () => {
    await engine().client.command({
      name: 'test',
      text: "ALTER TABLE access_events UPDATE section = 'x' WHERE load_seq IN (2, 4) SETTINGS mutations_sync = 2",
    });
    const command = verifyCommand(engine().client, system_clock, running.data_dir);
    const between = async (...args: string[]) => {
      let text = '';
      const to = { output: (more: string) => (text += more), progress: () => {} };
      const status = await command([...args, '--json'], to);
      const { loads, events, findings } = JSON.parse(text) as VerifyReport;
      return { status, loads, events, of: findings.map(({ load_seq }) => load_seq) };
    };
    expect(await between('--from', '3', '--to', '3')).toEqual({
      status: 0,
      loads: 1,
      events: 12,
      of: [],
    });
    expect(await between('--from', '3')).toEqual({ status: 1, loads: 3, events: 53, of: [4] });
    expect(await between('--to', '2')).toEqual({ status: 1, loads: 2, events: 6, of: [2] });
    expect(await between()).toMatchObject({ status: 1, loads: 5, of: [2, 4] });
  });

  it('names every edit, removal, insertion, exchange, truncation and rollback, and the load', async () => {
    const { unnamed } = await tamperManyTimes(engine(), running.data_dir, 39, 20_260_301);
    expect(unnamed).toEqual([]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });
});
