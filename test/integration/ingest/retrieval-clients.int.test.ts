import { once } from 'node:events';
import { connect } from 'node:net';
import { Client } from 'fhir-kit-client';
import { afterEach, describe, expect, it } from 'vitest';
import { rerunCommand } from '../../../ingest/rerun-command.ts';
import { changeSource } from '../../../ingest/sources.ts';
import { default_mapping } from '../../../ingest/mapping.ts';
import { system_clock } from '../../../sql/clock.ts';
import { useEngine } from '../../support/engines.ts';
import { event, run, type Running } from './fixture.ts';

interface Bundle {
  readonly total?: number;
  readonly link: { relation: string; url: string }[];
  readonly entry?: { resource: Record<string, unknown> }[];
}

const auditXml = (second: number) =>
  `<AuditMessage><EventIdentification EventActionCode="R" EventDateTime="2026-03-01T10:00:0${second}Z" EventOutcomeIndicator="0"><EventID csd-code="110110" codeSystemName="DCM" originalText="Patient Record"/></EventIdentification><ActiveParticipant UserID="555000000001" UserIsRequestor="true"/><AuditSourceIdentification AuditSourceID="portal"/><ParticipantObjectIdentification ParticipantObjectID="9990000018^^^&amp;2.16.840.1.113883.2.1.4.1&amp;ISO" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1"><ParticipantObjectIDTypeCode csd-code="2" codeSystemName="RFC-3881" originalText="Patient Number"/></ParticipantObjectIdentification></AuditMessage>`;
const syslog = (second: number) =>
  `<85>1 2026-03-01T10:00:0${second}Z portal audit 1 IHE+DICOM - \ufeff${auditXml(second)}`;

describe('clients that read back', () => {
  const engine = useEngine('embedded');
  let running: Running;
  afterEach(() => running.close());

  it('lets a FHIR client from npm send an event, read it, search for it and turn the page', async () => {
    running = await run(engine(), { source: { reads: 'own' } });
    await running.post([event('a'), event('b', { occurred_at: '2026-03-01T11:00:00Z' })]);
    const client = new Client({
      baseUrl: `${running.ingest.address}/fhir`,
      customHeaders: { authorization: `Bearer ${running.key}` },
    });
    const searchParams = { date: 'ge2026-03-01', _count: '1' };
    const first = (await client.resourceSearch({
      resourceType: 'AuditEvent',
      searchParams,
    })) as unknown as Bundle;
    expect(first.entry).toHaveLength(1);
    const second = (await client.nextPage({ bundle: first as never })) as unknown as Bundle;
    expect(second.entry).toHaveLength(1);
    const sent = { ...first.entry?.[0]?.resource };
    const read = await client.read({ resourceType: 'AuditEvent', id: String(sent['id']) });
    expect(read).toEqual(sent);

    // What was read back and is sent again is the event that is there already.
    await client.create({ resourceType: 'AuditEvent', body: sent as never });
    await expect
      .poll(
        async () => running.query('SELECT toUInt32(sum(duplicates)) AS duplicates FROM segments'),
        {
          timeout: 20_000,
        },
      )
      .toEqual([{ duplicates: 1 }]);
    const form = (await client.resourceSearch({
      resourceType: 'AuditEvent',
      searchParams: { date: 'ge2026-03-01', 'patient.identifier': '9990000018' },
      options: { postSearch: true },
    })) as unknown as Bundle;
    expect(form.total).toBe(2);
  });

  it('gives syslog messages back as they came, refused ones too, page by page', async () => {
    running = await run(engine(), {
      source: { reads: 'own' },
      syslog: { host: '127.0.0.1', plain: { tcp_port: 0, source: 'exchange' } },
    });
    const sent = [syslog(1), syslog(2), 'no syslog at all'];
    const socket = connect(running.ingest.syslog_ports.syslog_tcp ?? 0, '127.0.0.1');
    await once(socket, 'connect');
    socket.end(sent.map((each) => `${Buffer.byteLength(each)} ${each}`).join(''));
    const get = (query: string, headers: Record<string, string> = {}) =>
      fetch(query.startsWith('http') ? query : `${running.ingest.address}/syslogsearch?${query}`, {
        headers: { authorization: `Bearer ${running.key}`, ...headers },
      });
    await expect
      .poll(async () => ((await (await get('date=ge2026-01-01')).json()) as unknown[]).length, {
        timeout: 20_000,
      })
      .toBe(3);

    const pages: { message: string; source: string }[] = [];
    let next: string | undefined = 'date=ge2026-01-01&_count=2';
    while (next !== undefined) {
      const answer = await get(next);
      expect(answer.status).toBe(200);
      pages.push(...((await answer.json()) as typeof pages));
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(pages.map(({ message }) => message).sort()).toEqual([...sent].sort());
    const plain = await get('date=ge2026-01-01', { accept: 'text/plain' });
    const text = await plain.text();
    for (const each of sent) expect(text).toContain(`${Buffer.byteLength(each)} ${each}`);

    expect((await get('')).status).toBe(400);
    expect((await get('date=lt2026-01-01')).status).toBe(200);
    expect((await get('date=ge2026-01-01&msg=9990000018')).status).toBe(400);
    expect((await get('_cursor=x')).status).toBe(400);
    await changeSource(engine().client, system_clock, 'exchange', { reads: 'none' }, 't', 't');
    await expect
      .poll(async () => (await get('date=ge2026-01-01')).status, { timeout: 5_000 })
      .toBe(403);
    const looks = await running.query<{ action: string }>(
      "SELECT DISTINCT action FROM own_audit WHERE route = 'GET /syslogsearch' ORDER BY action",
    );
    expect(looks).toEqual([{ action: 'list' }, { action: 'refused' }]);
  });

  it('shows nothing where the look cannot be recorded', async () => {
    running = await run(engine(), { source: { reads: 'own' } });
    await running.post([event('a')]);
    const { client } = engine();
    await client.command({ name: 'test', text: 'RENAME TABLE own_audit TO own_audit_away' });
    try {
      const answer = await running.get('fhir/AuditEvent?date=ge2026-03-01');
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [{ details: { coding: [{ code: 'RETRIEVAL_NOT_RECORDED' }] } }],
      });
      expect(JSON.stringify(answer.json)).not.toContain('9990000018');
    } finally {
      await client.command({ name: 'test', text: 'RENAME TABLE own_audit_away TO own_audit' });
    }
  });

  it('has npm run rerun wait for ingest, and print what became of it', async () => {
    running = await run(engine(), { limits: { rerun_poll_ms: 20 } });
    await fetch(`${running.ingest.address}/audit-messages?wait=loaded`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/xml' },
      body: auditXml(1),
    });
    const mapping = { ...default_mapping, default_organisation_code: 'RZZ01' };
    await changeSource(engine().client, system_clock, 'exchange', { mapping }, 't', 't');
    const command = rerunCommand(engine().client, system_clock);
    const again = async (...args: string[]) => {
      const [output, progress]: [string[], string[]] = [[], []];
      const exit = await command(['--source', 'exchange', ...args], {
        output: (text) => void output.push(text),
        progress: (line) => void progress.push(line),
      });
      return { exit, counts: JSON.parse(output.join('')), progress: progress.join('\n') };
    };
    const dry = await again('--dry-run', '--code', 'MESSAGE_ORGANISATION_UNKNOWN');
    expect(dry).toMatchObject({ exit: 0, counts: { stored: 1, resolved: 1, is_dry_run: true } });
    expect(dry.progress).toContain('would be stored:');
    expect((await again('--from', '2020-01-01', '--to', '2020-02-01')).counts).toMatchObject({
      total: 0,
    });
    expect((await again()).counts).toMatchObject({ stored: 1, resolved: 1, state: 'done' });
    expect((await again()).counts).toMatchObject({ stored: 0, resolved: 0, unchanged: 1 });
    await expect(
      command(['--code', 'X'], { output: () => {}, progress: () => {} }),
    ).rejects.toMatchObject({ code: 'RERUN_USAGE' });
    await expect(
      command(['--source', 'nobody'], { output: () => {}, progress: () => {} }),
    ).rejects.toMatchObject({ code: 'SOURCE_UNKNOWN' });
    expect(
      await running.query("SELECT toUInt32(count()) AS looks FROM own_audit WHERE route = 'rerun'"),
    ).toEqual([{ looks: 4 }]);
  });
});
