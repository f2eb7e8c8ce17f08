/** The dashboard over HTTP: what is recorded before it is served, what is refused, and what every answer carries. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../../dashboard/build.ts';
import { startDashboard, type Dashboard } from '../../../dashboard/service.ts';
import { system_clock } from '../../../sql/clock.ts';
import { createLogger } from '../../../sql/log.ts';
import { parseStatement } from '../../../sql/statement.ts';
import {
  fillSmallExchange,
  other_alert_id,
  own_alert_id,
  patient_id,
} from '../../browser/small-exchange.ts';
import { onEachEngine } from '../../support/engines.ts';

onEachEngine('the front gate', (engine) => {
  let dashboard: Dashboard;
  const printed: string[] = [];
  const options = () => ({
    engine: engine().engine,
    data_dir: engine().data_dir,
    host: '127.0.0.1',
    port: 0,
    clock: system_clock,
    log: createLogger('info', { write: (line) => void printed.push(line) }),
    is_demo: true,
    ingest_address: 'http://127.0.0.1:3001',
  });
  beforeAll(async () => {
    await ensureBuilt({ say: () => undefined });
    await fillSmallExchange(engine().client, system_clock.now());
    dashboard = await startDashboard(options());
  }, 180_000);
  afterAll(() => dashboard.close());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${dashboard.address}${path}`, { redirect: 'manual', headers });
  const signIn = async (person: string) => {
    const answer = await get(`/sign-in/demo/${person}`);
    return { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
  };
  const audit = () =>
    engine().client.rows<{ action: string; route: string; user_id: string; subject_ids: string[] }>(
      parseStatement(
        'test',
        'SELECT action, route, user_id, subject_ids FROM own_audit ORDER BY at DESC, audit_id LIMIT 50',
      ),
    );
  const rename = (from: string, to: string) =>
    engine().client.command(parseStatement('test', `RENAME TABLE ${from} TO ${to}`));

  test('a look is in our own audit before the page is there, with what was shown', async () => {
    const cookie = await signIn('investigator');
    const page = await get(`/alerts/${own_alert_id}`, cookie);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Testerson');
    const looks = await audit();
    expect(looks).toContainEqual({
      action: 'view',
      route: '/alerts/[alert_id]',
      user_id: 'demo-investigator',
      subject_ids: [own_alert_id],
    });
    expect(looks.some(({ action }) => action === 'sign_in')).toBe(true);
  });

  test('when the look cannot be recorded nothing is shown, and the page says why', async () => {
    const investigator = await signIn('investigator');
    const lead = await signIn('programme-lead');
    const administrator = await signIn('administrator');
    await rename('own_audit', 'own_audit_away');
    try {
      const asked = [
        ['/alerts', investigator],
        [`/alerts/${own_alert_id}`, investigator],
        ['/usage/views.csv', lead],
        [
          '/feeds/rejects?source=north-hub&dataset=access_events&code=EVENT_CONFLICT&raw=shown',
          administrator,
        ],
        ['/alerts', lead],
        ['/sign-in/demo/guardian', {}],
      ] as const;
      for (const [path, cookie] of asked) {
        const page = await get(path, cookie);
        const text = await page.text();
        expect([path, page.status]).toEqual([path, 503]);
        expect(page.headers.get('set-cookie')).toBeNull();
        expect(text).not.toMatch(/Testerson|999 000|9990001|2026-/);
        expect(text).toMatch(/could not be written to our own audit/);
      }
    } finally {
      await rename('own_audit_away', 'own_audit');
    }
    expect((await get('/alerts', investigator)).status).toBe(200);
  });

  test('a refusal is recorded too', async () => {
    const cookie = await signIn('programme-lead');
    const page = await get('/alerts', cookie);
    expect(page.status).toBe(403);
    expect(await page.text()).toContain('You may not see this page');
    expect((await audit())[0]).toMatchObject({
      action: 'refused',
      route: '/alerts',
      user_id: 'demo-programme-lead',
    });
  });

  test('another organisation’s alert and one that never was get the same answer', async () => {
    const cookie = await signIn('investigator');
    const answers = await Promise.all(
      [other_alert_id, 'b00000000000dead'].map(async (id) => {
        const page = await get(`/alerts/${id}`, cookie);
        const text = (await page.text())
          .replaceAll(id, 'ID')
          .replace(/nonce="[^"]*"|__sveltekit_\w+/g, '');
        return { status: page.status, text };
      }),
    );
    expect(answers[0]?.status).toBe(404);
    expect(answers[0]).toEqual(answers[1]);
    const refused = (await audit()).filter(
      ({ action, route }) => action === 'refused' && route === '/alerts/[alert_id]',
    );
    expect(refused.map(({ subject_ids }) => subject_ids[0]).sort()).toEqual(
      [other_alert_id, 'b00000000000dead'].sort(),
    );
    expect(refused.every(({ user_id }) => user_id === 'demo-investigator')).toBe(true);
  });

  test('what is asked for in place of an alert’s id is refused on record, and is not kept', async () => {
    expect((await get(`/alerts/${patient_id}`, await signIn('guardian'))).status).toBe(404);
    expect((await audit())[0]).toEqual({
      action: 'refused',
      route: '/alerts/[alert_id]',
      user_id: 'demo-guardian',
      subject_ids: [],
    });
  });

  test('data requests pass the same gate', async () => {
    const lead = await signIn('programme-lead');
    expect((await get('/alerts/__data.json', lead)).status).toBe(403);
    const out = await get('/alerts/__data.json');
    expect(await out.json()).toEqual({ type: 'redirect', status: 303, location: '/sign-in' });
  });

  test('without a session every page leads to the sign-in', async () => {
    for (const path of ['/', '/alerts', '/usage', '/usage/views.csv', '/feeds', '/feeds/rejects']) {
      const page = await get(path);
      expect([path, page.status, page.headers.get('location')]).toEqual([path, 303, '/sign-in']);
    }
  });

  test('signing out ends the session on the server', async () => {
    const { cookie } = await signIn('administrator');
    const out = await fetch(`${dashboard.address}/sign-out`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        cookie,
        accept: 'text/html',
        origin: dashboard.address,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'x=',
    });
    expect(out.status).toBe(303);
    expect((await get('/feeds', { cookie })).status).toBe(303);
  });

  test('a form from another site is refused', async () => {
    for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1']) {
      const answer = await fetch(`${dashboard.address}/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'person=administrator',
      });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });

  test('the cookie is out of reach of scripts and of other sites', async () => {
    const answer = await get('/sign-in/demo/administrator');
    expect(answer.headers.get('set-cookie')).toMatch(
      /^access_audit_session=[\w-]{43}; .*HttpOnly; SameSite=Lax$/i,
    );
  });

  test('a link that another site follows, or a browser looks at ahead, signs nobody in', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-purpose': 'prefetch' },
    ] as const) {
      const link = dashboard.createAdministratorLink() ?? '';
      const path = link.slice(dashboard.address.length);
      expect((await get(path, headers)).headers.get('set-cookie')).toBeNull();
      expect((await get(path)).headers.get('set-cookie')).toMatch(/access_audit_session/);
      expect((await get(path)).headers.get('set-cookie')).toBeNull();
    }
  });

  test('a HEAD looks at the administrator’s link and does not use it up', async () => {
    const path = (dashboard.createAdministratorLink() ?? '').slice(dashboard.address.length);
    const looked = await fetch(`${dashboard.address}${path}`, {
      method: 'HEAD',
      redirect: 'manual',
    });
    expect(looked.headers.get('set-cookie')).toBeNull();
    expect((await get(path)).headers.get('set-cookie')).toMatch(/access_audit_session/);
  });

  test('a link whose sign-in could not be recorded is good still', async () => {
    const path = (dashboard.createAdministratorLink() ?? '').slice(dashboard.address.length);
    await rename('own_audit', 'own_audit_away');
    try {
      expect((await get(path)).status).toBe(503);
    } finally {
      await rename('own_audit_away', 'own_audit');
    }
    expect((await get(path)).headers.get('set-cookie')).toMatch(/access_audit_session/);
    expect((await get(path)).headers.get('set-cookie')).toBeNull();
  });

  test('the ready people are not there for what came through a proxy', async () => {
    for (const name of [
      'x-forwarded-for',
      'x-forwarded-anything',
      'forwarded',
      'via',
      'x-real-ip',
      'cf-connecting-ip',
      'true-client-ip',
      'x-client-ip',
      'x-original-host',
      'x-cluster-client-ip',
      'x-envoy-external-address',
    ]) {
      const answer = await get('/sign-in/demo/administrator', { [name]: '10.0.0.1' });
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(await (await get('/sign-in', { [name]: '10.0.0.1' })).text()).not.toContain(
        'Adam Administrator',
      );
    }
    const { cookie } = await signIn('administrator');
    expect((await get('/feeds', { cookie, 'x-forwarded-for': '10.0.0.1' })).status).toBe(303);
  });

  test('a name that is not ours is not answered', async () => {
    expect(await statusFor(dashboard.address, 'evil.example')).toBe(421);
    expect(await statusFor(dashboard.address, 'localhost:3000')).toBe(200);
  });

  test('bound beyond this machine it needs the names that it answers to, and answers to those alone', async () => {
    await expect(startDashboard({ ...options(), host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('ALLOWED_HOSTS') as string,
    });
    const named = await startDashboard({ ...options(), allowed_hosts: ['audit.example'] });
    try {
      expect(await statusFor(named.address, 'audit.example')).toBe(200);
      expect(await statusFor(named.address, 'evil.example')).toBe(421);
    } finally {
      await named.close();
    }
  });

  test('every answer carries the security headers, and pages a policy without unsafe-inline', async () => {
    const cookie = await signIn('investigator');
    for (const path of ['/sign-in', '/alerts', '/nothing', '/favicon.svg']) {
      const { headers } = await get(path, cookie);
      expect(headers.get('content-security-policy')).toMatch(
        /default-src 'none'.*frame-ancestors 'none'/,
      );
      expect(headers.get('content-security-policy')).not.toContain('unsafe-inline');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
    }
    expect((await get('/alerts', cookie)).headers.get('cache-control')).toBe('no-store');
  });

  test('the figures as CSV are the published ones', async () => {
    const cookie = await signIn('programme-lead');
    const csv = await (await get('/usage/views.csv?by=organisation_type', cookie)).text();
    expect(csv.split('\n')[0]).toBe(
      'month,organisation_type,organisation_type_name,openings,view_events,staff,is_partial',
    );
    expect(csv).toMatch(/,hospice,Hospice,\*,\*,\*,/);
    expect((await get('/usage/views.csv?by=staff', cookie)).status).toBe(404);
  });

  test('no log line names a patient', () => {
    expect(printed.join()).not.toContain(patient_id);
    expect(printed.join()).toMatch(/OWN_AUDIT_FAILED/);
  });

  test('a port that is in use is named', async () => {
    const port = Number(new URL(dashboard.address).port);
    await expect(startDashboard({ ...options(), port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('PORT') as string,
    });
  });
});

/** `fetch` sets Host itself, so this asks by hand. */
function statusFor(address: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${address}/sign-in`, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.once('error', reject).end();
  });
}
