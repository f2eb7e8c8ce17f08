/** Sessions and the conditions of signing in. */
import { beforeEach, expect, test } from 'vitest';
import { demoUser, isDemoOpen } from '../../../dashboard/lib/server/demo-people.ts';
import { keepUser, localAdministrator } from '../../../dashboard/lib/server/people.ts';
import type { Services } from '../../../dashboard/lib/server/services.ts';
import {
  beginSession,
  endSession,
  idle_ms_max,
  readSession,
  session_ms_max,
} from '../../../dashboard/lib/server/sessions.ts';
import { createSignInLinks, link_ms_max } from '../../../dashboard/lib/server/sign-in-links.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { createLogger } from '../../../sql/log.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { fillSmallExchange, trust } from '../../browser/small-exchange.ts';
import { onEachEngine } from '../../support/engines.ts';

const start = Date.parse('2026-11-20T12:00:00Z');
const user = localAdministrator();

onEachEngine('sessions', (engine) => {
  let clock = fixedClock(start);
  let services: Services;
  beforeEach(async () => {
    await engine().truncate();
    clock = fixedClock(start);
    const { client, data_dir } = engine();
    const config = {
      origin: 'http://127.0.0.1',
      is_loopback: true,
      is_demo: true,
      data_dir,
      ingest_address: '',
    };
    services = {
      config,
      clock,
      log: createLogger('silent'),
      pages: client,
      people: client,
      own_audit: client,
      readFeeds: () => Promise.resolve([]),
      links: createSignInLinks(clock),
    };
    await keepUser(services, user, 'test');
  });

  test('a token stands for its user, and is nowhere in the tables', async () => {
    const token = await beginSession(services, user.user_id, 'administrator_link');
    expect((await readSession(services, token))?.viewer).toEqual(user);
    expect(await readSession(services, 'other')).toBeUndefined();
    const stored = await engine().client.text(
      parseStatement('test', 'SELECT * FROM user_sessions'),
      'TSV',
    );
    expect(stored).not.toContain(token);
  });

  test('a session ends when it is ended, though the browser keeps its cookie', async () => {
    const token = await beginSession(services, user.user_id, 'administrator_link');
    await endSession(services, token, user.user_id);
    expect(await readSession(services, token)).toBeUndefined();
  });

  test('a session ends after half an hour without a page, and looks renew it', async () => {
    const token = await beginSession(services, user.user_id, 'administrator_link');
    clock.set(start + idle_ms_max - 1000);
    expect(await readSession(services, token)).toBeDefined();
    clock.set(start + 2 * idle_ms_max - 2000);
    expect(await readSession(services, token)).toBeDefined();
    clock.set(start + 3 * idle_ms_max);
    expect(await readSession(services, token)).toBeUndefined();
  });

  test('a session ends after twelve hours, however busy', async () => {
    const token = await beginSession(services, user.user_id, 'administrator_link');
    for (let at = start; at < start + session_ms_max; at += idle_ms_max - 1000) {
      clock.set(at);
      expect(await readSession(services, token)).toBeDefined();
    }
    clock.set(start + session_ms_max);
    expect(await readSession(services, token)).toBeUndefined();
  });

  test('a user that has ended has no session any more', async () => {
    const token = await beginSession(services, user.user_id, 'administrator_link');
    await engine().client.insert('user_versions', [
      {
        user_id: user.user_id,
        version: 9,
        name: user.name,
        role: user.role,
        organisation_codes: [],
        is_ended: true,
        changed_at: start,
      },
    ]);
    expect(await readSession(services, token)).toBeUndefined();
  });

  test('the administrator’s link is good once, for fifteen minutes', () => {
    const token = services.links.create();
    const taken = services.links.take(token);
    expect(taken).toBeDefined();
    expect(services.links.take(token)).toBeUndefined();
    taken?.giveBack();
    expect(services.links.take(token)).toBeDefined();
    expect(services.links.take(token)).toBeUndefined();
    const late = services.links.create();
    clock.set(start + link_ms_max);
    expect(services.links.take(late)).toBeUndefined();
    expect(services.links.take('')).toBeUndefined();
  });

  test('the ready people exist on simulated data alone', async () => {
    await fillSmallExchange(engine().client, start);
    const source = {
      version: 1,
      key_hash: 'k',
      is_simulated: false,
      is_loopback_only: false,
      organisation_codes: [],
      changed_at: start,
      is_ended: false,
    };
    expect(await isDemoOpen(services)).toBe(true);
    expect(await isDemoOpen({ ...services, config: { ...services.config, is_demo: false } })).toBe(
      false,
    );
    expect(
      await isDemoOpen({ ...services, config: { ...services.config, is_loopback: false } }),
    ).toBe(false);
    await engine().client.insert('source_versions', [{ ...source, source: 'real' }]);
    expect(await isDemoOpen(services)).toBe(false);
    await engine().client.insert('source_versions', [
      { ...source, source: 'real', version: 2, is_ended: true },
    ]);
    expect(await isDemoOpen(services)).toBe(true);
    await engine().client.insert('receipts', [
      { receipt: 'p9', source: 'real', load_seq: 9, stored: 1, duplicates: 0, conflicts: 0 },
    ]);
    expect(await isDemoOpen(services)).toBe(false);
  });

  test('the ready investigator is of the acute trust with the most open alerts', async () => {
    expect((await demoUser(services, 'investigator')).organisation_codes).toEqual([]);
    await fillSmallExchange(engine().client, start);
    expect((await demoUser(services, 'investigator')).organisation_codes).toEqual([trust]);
    expect((await demoUser(services, 'programme-lead')).organisation_codes).toEqual([]);
  });
});
