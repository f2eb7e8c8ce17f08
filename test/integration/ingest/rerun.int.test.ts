import { afterEach, describe, expect, it } from 'vitest';
import { detectCommand } from '../../../analytics/detect-command.ts';
import { fhirId } from '../../../ingest/formats/fhir/id.ts';
import { default_mapping, type Mapping } from '../../../ingest/mapping.ts';
import { requestRerun, rerunState, type RerunState } from '../../../ingest/rerun/requests.ts';
import { changeSource } from '../../../ingest/sources.ts';
import { addDays } from '../../../sql/clock.ts';
import { system_clock } from '../../../sql/clock.ts';
import { onEachEngine } from '../../support/engines.ts';
import { event, run, type Running } from './fixture.ts';

// Two people and no organisation: who is the user, and for whom they acted, is for the mapping to say.
const auditXml = (patient: string, at = '2026-03-01T10:00:00Z') => `<AuditMessage>
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

onEachEngine('running messages again', (engine) => {
  let running: Running;
  afterEach(() => running.close());

  const begin = async () => {
    running = await run(engine(), {
      limits: { rerun_poll_ms: 20, sources_age_ms_max: 0 },
      source: { reads: 'own' },
    });
  };
  const send = (xml: string) =>
    fetch(`${running.ingest.address}/audit-messages?wait=loaded`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/xml' },
      body: xml,
    });
  const map = (mapping: Partial<Mapping>) =>
    changeSource(
      engine().client,
      system_clock,
      'exchange',
      { mapping: { ...default_mapping, ...mapping } },
      'test',
      'corrected',
    );
  async function again(options: { code?: string; is_dry_run?: boolean } = {}): Promise<RerunState> {
    const request_id = await requestRerun(engine().client, system_clock, {
      source: 'exchange',
      code: '',
      from_at: null,
      to_at: null,
      is_dry_run: false,
      requested_by: 'test',
      reason: '',
      ...options,
    });
    let state: RerunState | undefined;
    await expect
      .poll(
        async () => {
          state = await rerunState(engine().client, request_id);
          return state?.state;
        },
        { timeout: 30_000, interval: 50 },
      )
      .toMatch(/done|failed/);
    if (!state) throw new Error('No state.');
    return state;
  }
  const events = () =>
    running.query<{ event_id: string; organisation_code: string }>(
      'SELECT event_id, organisation_code FROM committed_events ORDER BY occurred_at, event_id',
    );

  it('stores what was quarantined once the mapping is corrected, and resolves the refusal', async () => {
    await begin();
    await send(auditXml('9990000018'));
    expect(await events()).toEqual([]);
    expect(await running.query('SELECT code FROM open_rejects')).toEqual([
      { code: 'MESSAGE_ORGANISATION_UNKNOWN' },
    ]);
    const before = await again();
    expect(before).toMatchObject({ state: 'done', stored: 0, still_refused: 1, resolved: 0 });

    await map({ default_organisation_code: 'RZZ01' });
    const dry = await again({ is_dry_run: true });
    expect(dry).toMatchObject({ state: 'done', stored: 1, resolved: 1 });
    expect(await events()).toEqual([]);

    const done = await again({ code: 'MESSAGE_ORGANISATION_UNKNOWN' });
    expect(done).toMatchObject({ state: 'done', total: 1, looked_at: 1, stored: 1, resolved: 1 });
    expect(await events()).toMatchObject([{ organisation_code: 'RZZ01' }]);
    expect(await running.query('SELECT code FROM open_rejects')).toEqual([]);
    expect(await running.query('SELECT resolution, request_id FROM reject_resolutions')).toEqual([
      { resolution: 'accepted', request_id: done.request_id },
    ]);

    const twice = await again();
    expect(twice).toMatchObject({ stored: 0, superseded: 0, resolved: 0, unchanged: 1 });
    expect(await running.query('SELECT event_id FROM access_events')).toHaveLength(1);
  });

  it('supersedes an event whose message is read otherwise now, and goes back again', async () => {
    await begin();
    await map({ default_organisation_code: 'RZZ01' });
    await send(auditXml('9990000018'));
    await send(auditXml('9990000026', '2026-03-02T10:00:00Z'));
    const [first, second] = await events();
    const id = first?.event_id ?? '';

    await map({ default_organisation_code: 'RZZ02' });
    const done = await again();
    expect(done).toMatchObject({ state: 'done', stored: 0, superseded: 2, withdrawn: 0 });
    expect(await events()).toEqual([
      { event_id: `${id}~2`, organisation_code: 'RZZ02' },
      { event_id: `${second?.event_id ?? ''}~2`, organisation_code: 'RZZ02' },
    ]);
    expect(
      await running.query(
        'SELECT event_id, replaced_by, request_id FROM superseded_events ORDER BY event_id = (SELECT max(event_id) FROM superseded_events), event_id LIMIT 2',
      ),
    ).toContainEqual({ event_id: id, replaced_by: `${id}~2`, request_id: done.request_id });
    expect(await running.query('SELECT event_id FROM access_events')).toHaveLength(4);
    expect(JSON.parse(done.examples)).toContainEqual(
      expect.objectContaining({ outcome: 'superseded', changed: ['organisation_code'] }),
    );

    await map({ default_organisation_code: 'RZZ01' });
    expect(await again()).toMatchObject({ superseded: 2, stored: 0 });
    expect(await events()).toMatchObject([
      { event_id: `${id}~3`, organisation_code: 'RZZ01' },
      { organisation_code: 'RZZ01' },
    ]);
    expect(await again()).toMatchObject({ superseded: 0, stored: 0, unchanged: 2 });
  });

  it('withdraws an event that its message no longer tells, and restores it', async () => {
    await begin();
    await map({ default_organisation_code: 'RZZ01' });
    await send(auditXml('9990000018'));
    await map({});
    expect(await again()).toMatchObject({ withdrawn: 1, refused: 1, stored: 0 });
    expect(await events()).toEqual([]);
    expect(await running.query('SELECT code FROM open_rejects')).toHaveLength(1);
    expect(await again()).toMatchObject({ withdrawn: 0, refused: 0, still_refused: 1 });
    await map({ default_organisation_code: 'RZZ03' });
    expect(await again()).toMatchObject({ stored: 1, resolved: 1 });
    const [restored] = await events();
    expect(restored?.event_id).toMatch(/~2$/);
  });

  it('withdraws an event of a message that was refused first, and taken when it was sent again', async () => {
    await begin();
    await send(auditXml('9990000018'));
    await map({ default_organisation_code: 'RZZ01' });
    await send(auditXml('9990000018'));
    expect(await events()).toMatchObject([{ organisation_code: 'RZZ01' }]);
    await map({ default_organisation_code: '' });
    expect(await again()).toMatchObject({ state: 'done', withdrawn: 1 });
    expect(await events()).toEqual([]);
    expect(await again()).toMatchObject({ state: 'done', withdrawn: 0, stored: 0 });
  });

  it('marks the days of both for the roll-ups, and shows by ITI-81 what holds now', async () => {
    await begin();
    await map({ default_organisation_code: 'RZZ01', time_zone: 'Europe/London' });
    await send(auditXml('9990000018', '2026-03-01T23:30:00'));
    const [first] = await events();
    await map({ default_organisation_code: 'RZZ01', time_zone: 'America/New_York' });
    expect(await again()).toMatchObject({ superseded: 1 });
    const [ledger] = await running.query<{ days: string[] }>(
      'SELECT days FROM segments ORDER BY load_seq DESC LIMIT 1',
    );
    expect(ledger?.days).toEqual(['2026-03-01', addDays('2026-03-01', 1)]);
    const found = await running.get('fhir/AuditEvent?date=ge2026-03-01');
    expect(found.json).toMatchObject({ total: 1 });
    const id = fhirId('exchange', first?.event_id ?? '');
    expect((await running.get(`fhir/AuditEvent/${id}`)).status).toBe(404);
    const revised = fhirId('exchange', `${first?.event_id ?? ''}~2`);
    const original = await fetch(`${running.ingest.address}/fhir/AuditEvent/${revised}/$original`, {
      headers: { authorization: `Bearer ${running.key}` },
    });
    expect(await original.text()).toBe(auditXml('9990000018', '2026-03-01T23:30:00'));
    expect(
      await running.query(
        `SELECT raw FROM event_originals WHERE source = 'exchange' AND event_id = '${first?.event_id ?? ''}~2'`,
      ),
    ).toEqual([{ raw: auditXml('9990000018', '2026-03-01T23:30:00') }]);
  });

  it('has the roll-ups of both days built again, so that each act counts once', async () => {
    await begin();
    const rollUp = async () => {
      await detectCommand(engine().client, system_clock)(['--detector', 'own_record'], {
        output: () => {},
        progress: () => {},
      });
      return running.query(
        'SELECT toString(day) AS local_day, organisation_code, events FROM accesses ORDER BY local_day',
      );
    };
    await map({ default_organisation_code: 'RZZ01', time_zone: 'Europe/London' });
    await send(auditXml('9990000018', '2026-03-01T23:30:00'));
    expect(await rollUp()).toEqual([
      { local_day: '2026-03-01', organisation_code: 'RZZ01', events: 1 },
    ]);
    await map({ default_organisation_code: 'RZZ02', time_zone: 'America/New_York' });
    expect(await again()).toMatchObject({ superseded: 1 });
    expect(await rollUp()).toEqual([
      { local_day: '2026-03-02', organisation_code: 'RZZ02', events: 1 },
    ]);
  });

  it('takes native events that were refused and would not be now, whole ones alone', async () => {
    await begin();
    await running.post([
      event('a', { organisation_code: 'RZZ01' }),
      event('b', { patient_id: '9990000011' }),
    ]);
    await engine().client.command({
      name: 'test',
      text: "INSERT INTO ingest_rejects SELECT * REPLACE ('EVENT_ORGANISATION_NOT_ALLOWED' AS code, replaceAll(raw, '9990000011', '9990000018') AS raw, toUInt32(77) AS segment_position) FROM ingest_rejects",
    });
    await engine().client.command({
      name: 'test',
      text: "INSERT INTO ingest_rejects SELECT * REPLACE ('truncated_utf8' AS raw_encoding, toUInt32(78) AS segment_position) FROM (SELECT * FROM ingest_rejects WHERE segment_position = 77)",
    });
    const done = await again();
    expect(done).toMatchObject({ stored: 1, resolved: 1, still_refused: 1, unusable: 1 });
    expect((await events()).map(({ event_id }) => event_id)).toEqual(['a', 'b']);
    expect(await again()).toMatchObject({ stored: 0, resolved: 0, still_refused: 1, unusable: 1 });
  });

  describe('after a fault', () => {
    it('goes on with a request that an earlier process began, and stores nothing twice', async () => {
      await begin();
      await map({ default_organisation_code: 'RZZ01' });
      for (const second of [1, 2, 3]) {
        await send(auditXml('9990000018', `2026-03-01T10:00:0${second}Z`));
      }
      await map({ default_organisation_code: 'RZZ02' });
      await running.ingest.close();
      const request_id = await requestRerun(engine().client, system_clock, {
        source: 'exchange',
        code: '',
        from_at: null,
        to_at: null,
        is_dry_run: false,
        requested_by: 'test',
        reason: '',
      });
      let thrown = 0;
      await running.restart((step) => {
        if (step !== 'load.reruns' || thrown > 2) return;
        thrown += 1;
        throw new Error('Injected.');
      });
      await expect
        .poll(async () => (await rerunState(engine().client, request_id))?.state, {
          timeout: 30_000,
        })
        .toBe('done');
      expect(thrown).toBe(3);
      expect((await events()).map(({ organisation_code }) => organisation_code)).toEqual([
        'RZZ02',
        'RZZ02',
        'RZZ02',
      ]);
      expect(await running.query('SELECT event_id FROM superseded_events')).toHaveLength(3);
    });

    it('says what is wrong where the source is not known', async () => {
      await begin();
      const request_id = await requestRerun(engine().client, system_clock, {
        source: 'nobody',
        code: '',
        from_at: null,
        to_at: null,
        is_dry_run: true,
        requested_by: 'test',
        reason: '',
      });
      await expect
        .poll(async () => (await rerunState(engine().client, request_id))?.failure_code, {
          timeout: 30_000,
        })
        .toBe('SOURCE_UNKNOWN');
    });
  });
});
