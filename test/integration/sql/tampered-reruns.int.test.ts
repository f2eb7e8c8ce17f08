/** Tampering beside the events: with what hides one, with what resolves a refusal, and with the messages that came. */
import { createHash } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { default_mapping, type Mapping } from '../../../ingest/mapping.ts';
import { requestRerun, rerunState } from '../../../ingest/rerun/requests.ts';
import { changeSource } from '../../../ingest/sources.ts';
import { system_clock } from '../../../sql/clock.ts';
import { eraseEvents } from '../../../sql/seals/erase.ts';
import { openSealLog } from '../../../sql/seals/log.ts';
import { onEachEngine } from '../../support/engines.ts';
import { verified } from '../../support/tampered-store.ts';
import { run, type Running } from '../ingest/fixture.ts';

const auditXml = (patient: string, at: string) => `<AuditMessage>
  <EventIdentification EventActionCode="R" EventDateTime="${at}" EventOutcomeIndicator="0">
    <EventID csd-code="110110" codeSystemName="DCM" originalText="Patient Record"/>
  </EventIdentification>
  <ActiveParticipant UserID="555000000001" UserIsRequestor="true"/>
  <AuditSourceIdentification AuditSourceID="portal"/>
  <ParticipantObjectIdentification ParticipantObjectID="${patient}^^^&amp;2.16.840.1.113883.2.1.4.1&amp;ISO"
    ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1">
    <ParticipantObjectIDTypeCode csd-code="2" codeSystemName="RFC-3881" originalText="Patient Number"/>
  </ParticipantObjectIdentification>
</AuditMessage>`;
const first_message = auditXml('9990000018', '2026-03-01T23:30:00');
const second_message = auditXml('9990000026', '2026-03-02T12:00:00');

onEachEngine('a store in which messages were run again', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine(), {
      limits: { rerun_poll_ms: 20, sources_age_ms_max: 0, close_load_ms_max: 500 },
    });
    await map('Europe/London');
  });
  afterEach(() => running.close());

  const command = (text: string) => engine().client.command({ name: 'test', text });
  const map = (time_zone: string, mapping: Partial<Mapping> = {}) =>
    changeSource(
      engine().client,
      system_clock,
      'exchange',
      {
        mapping: { ...default_mapping, default_organisation_code: 'RZZ01', time_zone, ...mapping },
      },
      'test',
      'corrected',
    );
  const send = (body: string | Uint8Array, wait = '?wait=loaded') =>
    fetch(`${running.ingest.address}/audit-messages${wait}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/xml' },
      body: body as BodyInit,
    });
  const ask = () =>
    requestRerun(engine().client, system_clock, {
      source: 'exchange',
      code: '',
      from_at: null,
      to_at: null,
      is_dry_run: false,
      requested_by: 'u-1',
      reason: 'the time zone was wrong',
    });
  async function again(): Promise<void> {
    const request_id = await ask();
    await expect
      .poll(async () => (await rerunState(engine().client, request_id))?.state, {
        timeout: 30_000,
      })
      .toBe('done');
  }
  const findings = async () =>
    (await verified(engine(), running.data_dir)).findings.map(
      ({ kind, load_seq }) => `${load_seq} ${kind}`,
    );

  /** Carries out each statement on its own, and returns what verification says of it. */
  async function tamper(tables: readonly string[], statements: readonly string[]) {
    const refill = async (to: string, from: string) => {
      await command(`TRUNCATE TABLE ${to}`);
      await command(`INSERT INTO ${to} SELECT * FROM ${from} SETTINGS insert_deduplicate = 0`);
    };
    for (const table of tables) {
      await command(`CREATE OR REPLACE TABLE kept_${table} AS ${table}`);
      await refill(`kept_${table}`, table);
    }
    const found: Record<string, string[]> = {};
    for (const statement of statements) {
      await command(`${statement} SETTINGS mutations_sync = 2, insert_deduplicate = 0`);
      found[statement] = await findings();
      for (const table of tables) await refill(table, `kept_${table}`);
    }
    for (const table of tables) await command(`DROP TABLE kept_${table}`);
    expect(await findings()).toEqual([]);
    return found;
  }

  it('names the load of what hides an event or resolves a refusal, and was added, edited or removed', async () => {
    await map('', { default_organisation_code: '' });
    await send(first_message);
    await map('Europe/London');
    await again();
    await map('America/New_York');
    await again();
    expect(await running.query('SELECT event_id FROM committed_events')).toHaveLength(1);
    const heads = await running.query<{ head: string }>(
      "SELECT head FROM seals WHERE kind = 'load' ORDER BY entry_index",
    );
    const said = heads.map(({ head }) => JSON.parse(head) as Record<string, unknown>);
    expect(said[0]).not.toHaveProperty('resolved');
    expect(said[1]).toMatchObject({ resolved: 1 });
    expect(said[1]).not.toHaveProperty('superseded');
    expect(said[2]).toMatchObject({ superseded: 1 });

    // The digests, as sql/seals/README.md has them.
    const request =
      'q.request_id AS request_id, q.requested_by AS requested_by, q.reason AS reason, toInt64(toUnixTimestamp64Milli(q.requested_at)) AS requested_at';
    const [superseded] = await running.query<Record<string, string | number>>(
      `SELECT s.source AS source, event_id, event_load_seq, event_position, replaced_by, message_id, load_seq,
         toInt64(toUnixTimestamp64Milli(superseded_at)) AS at, ${request}
       FROM superseded_events AS s INNER JOIN rerun_requests AS q ON q.request_id = s.request_id`,
    );
    const [resolved] = await running.query<Record<string, string | number>>(
      `SELECT s.source AS source, segment_id, segment_position, resolution, load_seq,
         toInt64(toUnixTimestamp64Milli(resolved_at)) AS at, ${request}
       FROM reject_resolutions AS s INNER JOIN rerun_requests AS q ON q.request_id = s.request_id`,
    );
    expect(said[2]?.['superseded_digest']).toBe(digestOf('superseded', superseded ?? {}));
    expect(said[1]?.['resolved_digest']).toBe(digestOf('resolved', resolved ?? {}));

    const [hides, resolves, requests] = [
      'superseded_events',
      'reject_resolutions',
      'rerun_requests',
    ];
    const more = (table: string, replaced: string) =>
      `INSERT INTO ${table} SELECT * REPLACE (${replaced}) FROM kept_${table}`;
    const change = (table: string, to: string) => `ALTER TABLE ${table} UPDATE ${to} WHERE 1`;
    const found = await tamper(
      [hides, resolves, requests],
      [
        more(hides, "event_load_seq + 1 AS event_load_seq, '' AS replaced_by"),
        more(hides, 'toUInt64(1) AS load_seq'),
        more(hides, 'toUInt64(77) AS load_seq'),
        more(hides, 'toUInt64(0) AS load_seq'),
        `ALTER TABLE ${hides} DELETE WHERE 1`,
        change(hides, "replaced_by = ''"),
        change(hides, 'superseded_at = superseded_at - INTERVAL 1 DAY'),
        change(requests, "requested_by = 'u-2'"),
        change(requests, "reason = 'another'"),
        more(resolves, 'segment_position + 1 AS segment_position'),
        `ALTER TABLE ${resolves} DELETE WHERE 1`,
        change(resolves, "resolution = 'refused_otherwise'"),
      ],
    );
    const both = ['2 resolved_differs', '3 superseded_differs'];
    expect(Object.values(found)).toEqual([
      ['3 superseded_differs'],
      ['1 superseded_differs'],
      ['77 added'],
      ['0 added'],
      ['3 superseded_differs'],
      ['3 superseded_differs'],
      ['3 superseded_differs'],
      both,
      both,
      ['2 resolved_differs'],
      ['2 resolved_differs'],
      ['2 resolved_differs'],
    ]);
  });

  it('names the load of a message that was edited or removed, unless an erasure took it', async () => {
    await send(first_message);
    await send(second_message);
    // Bytes that are not UTF-8 are kept as base64, and refused.
    await send(Buffer.from('<AuditMessage>\xff</AuditMessage>', 'latin1'));
    await map('America/New_York');
    await again();
    expect(await running.query("SELECT raw FROM original_messages WHERE raw_encoding = 'base64'"))
      .toHaveLength(1); // prettier-ignore
    const of = (load_seq: number) => `WHERE load_seq = ${load_seq}`;
    const found = await tamper(
      ['original_messages'],
      [
        `ALTER TABLE original_messages UPDATE raw = replaceAll(raw, '9990000018', '9990000026') ${of(1)}`,
        `ALTER TABLE original_messages UPDATE raw = concat('AAAA', raw) ${of(3)}`,
        `ALTER TABLE original_messages UPDATE raw_encoding = 'none' ${of(2)}`,
        `ALTER TABLE original_messages DELETE ${of(1)}`,
        `ALTER TABLE original_messages DELETE ${of(3)}`,
        'ALTER TABLE original_messages UPDATE load_seq = 0 WHERE load_seq = 2',
      ],
    );
    expect(Object.values(found)).toEqual([
      ['1 original_edited'],
      ['3 original_edited'],
      ['2 original_edited'],
      ['1 original_missing', '4 original_missing'],
      ['3 original_missing'],
      ['0 added'],
    ]);

    const client = engine().client;
    const events = await running.query<{ load_seq: number; segment_position: number }>(
      "SELECT toUInt32(load_seq) AS load_seq, segment_position FROM access_events WHERE patient_id = '9990000018'",
    );
    const log = pino({ level: 'silent' });
    const { data_dir } = running;
    const seals = openSealLog({ client, clock: system_clock, data_dir, log_name: 'events', log });
    await eraseEvents(
      { client, clock: system_clock, seals },
      { erasure_id: 'e-1', events, reason: 'upheld', people: ['guardian', 'dpo'] },
    );
    expect(await running.query('SELECT raw FROM original_messages')).toHaveLength(2);
    expect(await findings()).toEqual([]);
    // Another message that is taken away cannot be passed off as one of the erasure.
    await command(`ALTER TABLE original_messages DELETE ${of(2)} SETTINGS mutations_sync = 2`);
    await command(
      "ALTER TABLE erased_events UPDATE message_id = (SELECT any(message_id) FROM access_events WHERE patient_id = '9990000026') WHERE 1 SETTINGS mutations_sync = 2",
    );
    expect(await findings()).toContain('1 erasure_differs');
  });

  it('settles a load whose segment was lost with the days of both events, and vouches for what it superseded', async () => {
    await send(first_message);
    await map('America/New_York');
    await lose('load.receipts', ask);
    expect(
      await running.query(
        'SELECT days, toUInt32(stored) AS stored FROM segments WHERE load_seq = 2',
      ),
    ).toEqual([{ days: ['2026-03-01', '2026-03-02'], stored: 1 }]);
    expect(await running.query('SELECT event_id FROM committed_events')).toHaveLength(1);
    expect(await findings()).toEqual([]);
    await command(
      'ALTER TABLE superseded_events DELETE WHERE load_seq = 2 SETTINGS mutations_sync = 2',
    );
    expect(await findings()).toEqual(['2 superseded_differs']);
  });

  it('commits no load under whose number somebody else has hidden an event before it', async () => {
    await send(first_message);
    await map('America/New_York');
    await command(
      "INSERT INTO superseded_events (source, event_load_seq, event_position, load_seq) VALUES ('exchange', 1, 99, 2)",
    );
    const request = again();
    const loader = async () =>
      ((await running.get('health/ready')).json['checks'] as Record<string, unknown>)['loader'];
    await expect.poll(loader, { timeout: 10_000 }).toMatch('Load 2 superseded 1 events');
    await command('ALTER TABLE superseded_events DELETE WHERE event_position = 99');
    await request;
    expect(await findings()).toEqual([]);
  });

  it('says of a lost segment how many events came without their message, and no more may be without', async () => {
    await lose('load.keys', () => send(second_message, ''));
    expect(await running.query('SELECT event_id FROM committed_events')).toHaveLength(1);
    expect(await running.query('SELECT raw FROM original_messages')).toEqual([]);
    const [last] = await running.query<{ head: string }>(
      "SELECT head FROM seals WHERE kind = 'load' AND load_seq = 1",
    );
    expect(JSON.parse(last?.head ?? '{}')).toMatchObject({ without_original: 1 });
    expect(await findings()).toEqual([]);
  });

  /** Makes what `begin` sends fail for good at a step of its load, and takes its segment away before the next start. */
  async function lose(step: string, begin: () => Promise<unknown>): Promise<void> {
    let hits = 0;
    await running.restart((reached) => {
      if (reached !== step) return;
      hits += 1;
      throw new Error(`Held at ${step}.`);
    });
    await begin();
    await expect.poll(() => hits, { timeout: 10_000 }).toBeGreaterThan(0);
    await running.ingest.close();
    const spool = join(running.data_dir, 'spool');
    for (const name of await readdir(spool))
      if (name.endsWith('.ndjson')) await unlink(join(spool, name));
    await running.restart();
    // The load that is open is settled before the next begins.
    await running.put('areas', [{ area_code: 'NCL', name: 'North Central' }]);
  }
});

/** Netstrings and numbers, as the specification has them, of one row; then the digest over one. */
function digestOf(kind: string, row: Record<string, string | number>): string {
  const numbers = ['load_seq', 'event_load_seq', 'event_position', 'segment_position', 'at', 'requested_at']; // prettier-ignore
  const said = Object.entries(row).map(([name, value]) =>
    numbers.includes(name) ? `${value},` : `${Buffer.byteLength(String(value))}:${String(value)},`,
  );
  const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest();
  return sha256(sha256(`access-audit/${kind}/1,${said.join('')}`)).toString('hex');
}
