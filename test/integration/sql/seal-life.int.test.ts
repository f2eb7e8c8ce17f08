import { readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fixedClock, system_clock } from '../../../sql/clock.ts';
import { recordOwnAudit } from '../../../sql/own-audit.ts';
import { flawOfConsistency, flawOfEvidence } from '../../../sql/seals/evidence.ts';
import { readKey } from '../../../sql/seals/key.ts';
import { openSealLog, rotateKey, type LogName } from '../../../sql/seals/log.ts';
import { proveConsistency, proveEvent } from '../../../sql/seals/prove.ts';
import { sealOwnAudit } from '../../../sql/seals/seal-own-audit.ts';
import { verifyStore } from '../../../sql/seals/verify.ts';
import { checkEvidence } from '../../independent/verify-evidence.ts';
import { onEachEngine } from '../../support/engines.ts';
import { verified } from '../../support/tampered-store.ts';
import { event, onceAt, run, type Running } from '../ingest/fixture.ts';

onEachEngine('the life of the seals', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine());
  });
  // The log of our own audit is opened here and not by ingest; what its witness has yet to write would come after the
  // directory is gone.
  afterEach(async () => {
    await running.close();
    await open('own_audit').close();
  });

  const log = pino({ level: 'silent' });
  const open = (log_name: LogName) =>
    openSealLog({
      client: engine().client,
      clock: system_clock,
      data_dir: running.data_dir,
      log_name,
      log,
    });
  const send = (ids: readonly string[]) => running.post(ids.map((id) => event(id)));
  const command = (text: string) => engine().client.command({ name: 'test', text });
  const witness = () => readFile(join(running.data_dir, 'witness', 'checkpoint'), 'utf8');

  it('gives evidence of every event that both verifiers believe, across a rotation of the key', async () => {
    await send(['a', 'b', 'c']);
    await open('events').close();
    const earlier = await witness();
    const old = (await readKey(running.data_dir)).verifier;
    await rotateKey(running.data_dir, [open('events'), open('own_audit')]);
    await send(['d']);
    const now = (await readKey(running.data_dir)).verifier;
    expect(now.vkey).not.toBe(old.vkey);
    for (const id of ['a', 'b', 'c', 'd']) {
      const evidence = await proveEvent(engine().client, 'exchange', id);
      expect(flawOfEvidence(evidence, [now])).toBeUndefined();
      expect(flawOfEvidence(evidence, [old])).toBeDefined();
      expect(checkEvidence(JSON.stringify(evidence), now.vkey)).toMatchObject({ kind: 'load' });
    }
    const proof = await proveConsistency(engine().client, 'events', earlier);
    expect(flawOfConsistency(proof, [old, now])).toBeUndefined();
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });

  it('seals once what an attempt sealed that did not end, and its load has the time of that seal', async () => {
    await running.restart(onceAt('load.sealed'));
    await send(['a', 'b']);
    expect(
      await running.query("SELECT toUInt32(count()) AS n FROM seals WHERE kind = 'load'"),
    ).toEqual([{ n: 1 }]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({
      is_intact: true,
      events: 2,
    });
  });

  it('names loads that are older than the seals as not sealed, and seals them at the next start', async () => {
    await send(['a', 'b']);
    await running.put('areas', [{ area_code: 'NCL', name: 'North Central' }]);
    await running.ingest.close();
    // As a store is that was made before there were seals: without any, and without a witness.
    await command('TRUNCATE TABLE seals');
    const before = await verifyStore({
      client: engine().client,
      data_dir: engine().data_dir,
      on_progress: () => {},
    });
    expect(before).toMatchObject({ is_intact: true, not_sealed: [1, 2], seals: 0 });
    const second = await run(engine(), { source: { source: 'second' } });
    await second.post([event('c')]);
    const after = await verified(engine(), second.data_dir);
    expect(after).toMatchObject({ is_intact: true, not_sealed: [], loads: 2, sealed_late: 1 });
    await command(
      "ALTER TABLE access_events DELETE WHERE event_id = 'a' SETTINGS mutations_sync = 2",
    );
    const changed = await verified(engine(), second.data_dir);
    expect(changed.findings.map(({ kind }) => kind)).toEqual(['removed']);
    await second.ingest.close();
  });

  it('names a store that was put back as a whole, its witness too, against a checkpoint kept elsewhere', async () => {
    await send(['a']);
    await send(['b']);
    await open('events').close();
    const kept_elsewhere = await witness();
    await command(
      'ALTER TABLE access_events DELETE WHERE load_seq = 2 SETTINGS mutations_sync = 2',
    );
    await command('ALTER TABLE segments DELETE WHERE load_seq = 2 SETTINGS mutations_sync = 2');
    await command('ALTER TABLE seals DELETE WHERE load_seq = 2 SETTINGS mutations_sync = 2');
    await rm(join(running.data_dir, 'witness'), { recursive: true });
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
    const report = await verifyStore({
      client: engine().client,
      data_dir: running.data_dir,
      witness: kept_elsewhere,
      on_progress: () => {},
    });
    expect(report.findings).toMatchObject([{ kind: 'rolled_back', load_seq: 2 }]);
  });

  it('are told to Prometheus: how many, how old the newest is, and how old its checkpoint', async () => {
    const metrics = async () => {
      const text = await (await fetch(`${running.ingest.address}/metrics`)).text();
      const lines = text.matchAll(/^access_audit_(seal\w*|witness\w*)\{log="(\w+)"\} (\S+)$/gm);
      return Object.fromEntries(
        [...lines].map(([, name, of, value]) => [`${name} ${of}`, Number(value)]),
      );
    };
    expect(await metrics()).toEqual({});
    await send(['a']);
    await expect.poll(metrics).toEqual({
      'seals events': 2,
      'seal_age_seconds events': expect.any(Number),
      'witness_age_seconds events': expect.any(Number),
    });
    const checkpoint = join(running.data_dir, 'witness', 'checkpoint');
    await utimes(checkpoint, new Date(), new Date(system_clock.now() - 3_600_000));
    const { 'seal_age_seconds events': seal, 'witness_age_seconds events': kept } = await metrics();
    expect(Number(kept) - Number(seal)).toBeGreaterThan(3_500);
    expect(seal).toBeGreaterThanOrEqual(0);
  });

  it('seals our own audit in batches, and names a look that was changed or taken away', async () => {
    const clock = fixedClock(1_800_000_000_000);
    const look = (detail: string) =>
      recordOwnAudit(engine().client, clock, {
        user_id: 'u-1',
        role: 'investigator',
        organisation_codes: ['RZZ01'],
        action: 'view',
        route: '/alerts',
        subject_kind: 'alert',
        subject_ids: ['x-1'],
        detail,
      });
    const seals = open('own_audit');
    for (const detail of ['one', 'two', 'three']) {
      clock.set(clock.now() + 1_000);
      await look(detail);
    }
    clock.set(clock.now() + 120_000);
    expect(await sealOwnAudit(engine().client, seals, clock)).toBe(3);
    expect(await sealOwnAudit(engine().client, seals, clock)).toBe(0);
    await look('four');
    clock.set(clock.now() + 120_000);
    expect(await sealOwnAudit(engine().client, seals, clock)).toBe(1);
    expect(await verified(engine(), running.data_dir)).toMatchObject({
      is_intact: true,
      own_audit_batches: 2,
    });
    await command("ALTER TABLE own_audit DELETE WHERE detail = 'two' SETTINGS mutations_sync = 2");
    const report = await verified(engine(), running.data_dir);
    expect(report.findings.map(({ kind }) => kind)).toEqual(['own_audit_differs']);
  });
});
