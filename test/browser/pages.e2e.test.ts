/** Every page, filled: no accessibility violation, no broken policy, nothing wider than the screen, with and without JavaScript. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { fillSilentSource, silent_source } from './silent-source.ts';
import { useStage, type Person } from './pages.ts';
import {
  fillSmallExchange,
  own_alert_id,
  patient_id,
  withdrawn_alert_id,
  withheld_alert_id,
} from './small-exchange.ts';

const stage = useStage(async (client) => {
  await fillSmallExchange(client, Date.now());
  await fillSilentSource(client, Date.now());
});

const pages: readonly (readonly [person: Person, path: string, heading: string | RegExp])[] = [
  ['investigator', '/queue', 'Queue'],
  ['guardian', '/queue?show=all&severity=medium&page=2', 'Queue'],
  ['guardian', '/queue/budget', 'Weekly budget'],
  ['investigator', '/queue/budget', 'Weekly budget'],
  ['guardian', `/alerts/${own_alert_id}?from=queue&show=all`, 'Someone at the same address'],
  ['guardian', '/detectors', 'Detectors'],
  ['administrator', '/detectors/household', 'Someone at the same address'],
  ['guardian', '/detectors/household', 'Someone at the same address'],
  ['investigator', '/detectors/never-was', 'Page not found'],
  ['guardian', '/suppressions', 'Suppressions'],
  ['investigator', `/suppressions/new?alert=${own_alert_id}`, 'Leave out of the queue'],
  ['investigator', '/alerts', 'Alerts'],
  ['investigator', '/alerts?status=any&severity=medium&page=2', 'Alerts'],
  ['guardian', `/alerts/${own_alert_id}`, 'Someone at the same address'],
  ['guardian', `/alerts/${withdrawn_alert_id}`, 'Someone at the same address'],
  ['guardian', `/alerts/${withheld_alert_id}`, 'Withheld alert'],
  ['programme-lead', '/usage', 'Usage'],
  ['programme-lead', '/explained', 'Explained accesses'],
  ['guardian', '/explained?month=nonsense', 'Explained accesses'],
  ['programme-lead', '/feeds', 'Feeds'],
  ['administrator', '/feeds', 'Feeds'],
  ['administrator', `/feeds/sources/${silent_source}`, silent_source],
  ['programme-lead', '/feeds/sources/north-hub', 'north-hub'],
  ['guardian', '/feeds/sources/never-was', 'Page not found'],
  [
    'administrator',
    '/feeds/rejects?source=north-hub&dataset=access_events&code=EVENT_CONFLICT&raw=shown',
    /^Refused/,
  ],
  ['administrator', '/sign-out', 'Sign out'],
  ['administrator', '/sign-in', 'Sign in'],
  ['administrator', '/alerts', 'You may not see this page'],
  ['investigator', '/nowhere', 'Page not found'],
];

describe.each([1280, 390])('at %i pixels', (width) => {
  test.each(pages)('%s sees %s without a violation', async (person, path, heading) => {
    const context = await stage().signedIn(person, { width });
    const page = await context.newPage();
    const complaints = listen(page);
    await page.goto(path);
    await page.waitForFunction(
      () =>
        document.body.classList.contains('js-enabled') || document.title.startsWith('You may not'),
    );
    expect(await page.textContent('h1')).toMatch(heading);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    ).toBeLessThanOrEqual(0);
    expect(complaints()).toEqual([]);
    expect(await identifiersInAddresses(page)).toEqual([]);
    await context.close();
  });

  test.each(pages)('%s sees %s without JavaScript', async (person, path, heading) => {
    const context = await stage().signedIn(person, { width, has_javascript: false });
    const page = await context.newPage();
    await page.goto(path);
    expect(await page.textContent('h1')).toMatch(heading);
    expect(await page.locator('main').innerText()).not.toBe('');
    await context.close();
  });
});

test('filters work as a form, show as chips, and come off one by one, without JavaScript', async () => {
  const context = await stage().signedIn('investigator', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/alerts');
  await page.selectOption('[name=severity]', 'high');
  await page.selectOption('[name=status]', 'any');
  await page.click('text=Apply filters');
  expect(new URL(page.url()).search).toMatch(/severity=high.*status=any/);
  expect(await page.locator('.app-chip').allInnerTexts()).toHaveLength(2);
  expect(await page.locator('tbody tr').count()).toBe(1);
  await page.locator('.app-chip').first().click();
  expect(page.url()).not.toContain('severity');
  expect(await page.locator('tbody tr').count()).toBe(20);
  await context.close();
});

test('a withdrawn alert leads with that it was withdrawn, and why', async () => {
  const context = await stage().signedIn('guardian', { has_javascript: false });
  const page = await context.newPage();
  await page.goto(`/alerts/${withdrawn_alert_id}`);
  const text = await page.locator('main').innerText();
  const why = 'Withdrawn: A relationship that explains it was received later.';
  expect(await page.locator('.nhsuk-lede-text').innerText()).toBe(why);
  expect(text.indexOf(why)).toBeLessThan(text.indexOf('at their own address'));
  await context.close();
});

test('a withheld alert names nobody, in the page and in what its scripts are given', async () => {
  const context = await stage().signedIn('guardian');
  const page = await context.newPage();
  for (const path of [
    `/alerts/${withheld_alert_id}`,
    '/alerts?status=withdrawn&detector=household',
  ]) {
    await page.goto(path);
    const html = await page.content();
    expect(html).toContain('Withheld: it concerns a protected address.');
    expect(html).not.toMatch(/Guarded|9990001022|999 000 1022/);
  }
  await context.close();
});

test('the table behind a chart has the figures, published', async () => {
  const context = await stage().signedIn('programme-lead', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/usage');
  await page.locator('#types-finding ~ details summary').click();
  const table = await page.locator('#types-finding ~ details table').innerText();
  expect(table).toMatch(/Hospice\s+\*\s+\*\s+\*/);
  await context.close();
});

test('the share that is explained names organisations of which feeds are missing, and hides the few', async () => {
  const context = await stage().signedIn('programme-lead', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/explained');
  const table = await page.locator('table').last().innerText();
  expect(table).toMatch(/Southmere Hospitals[\s\S]*Feeds missing/);
  expect(table.match(/Feeds missing/g)).toHaveLength(1);
  expect(table).toMatch(/Hospice[\s\S]*\*[\s\S]*\*/);
  await context.close();
});

test('every page says what cannot be seen, and why', async () => {
  const context = await stage().signedIn('investigator', { has_javascript: false });
  const page = await context.newPage();
  for (const path of ['/alerts', `/alerts/${own_alert_id}`, '/feeds', '/sign-out']) {
    await page.goto(path);
    const banner = await page.locator('.app-feed-banner').innerText();
    expect(banner).toContain(`The source ${silent_source} is silent: nothing since`);
    expect(banner).toContain('sees nothing: patients’ contacts have never come');
  }
  await page.goto('/sign-in');
  await context.clearCookies();
  await page.goto('/sign-in');
  expect(await page.locator('.app-feed-banner').count()).toBe(0);
  await context.close();
});

test('a source shows its hours against the forecast, as chart, table and CSV', async () => {
  const context = await stage().signedIn('programme-lead', { has_javascript: false });
  const page = await context.newPage();
  await page.goto(`/feeds/sources/${silent_source}`);
  expect(await page.locator('main').innerText()).toMatch(/Nothing has come for \d+ (hours|days)/);
  await page.locator('#volume-finding ~ details summary').click();
  expect(await page.locator('#volume-finding ~ details tbody tr').count()).toBe(169);
  const download = await context.request.get(`/feeds/sources/${silent_source}/volume.csv`);
  const lines = (await download.text()).trim().split('\n');
  expect(lines[0]).toBe('hour,events_occurred,forecast,spread,events_stored,duplicates');
  expect(lines[1]).toMatch(/^20..-..-..T..:00:00\.000Z,3,3,1\.7,3,0$/);
  const looks = await stage().client.rows({
    name: 'test',
    text: "SELECT detail FROM own_audit WHERE action = 'export' AND subject_kind = 'feeds'",
  });
  expect(looks).toEqual([{ detail: JSON.stringify({ source: silent_source, of: 'volume' }) }]);
  await context.close();
});

test('an administrator has refusals run again, without JavaScript, and it is recorded', async () => {
  const context = await stage().signedIn('administrator', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/feeds/sources/north-hub');
  await page.click('text=Try it');
  expect(await page.locator('.nhsuk-error-message').innerText()).toContain('Say why');
  await page.fill('[name=reason]', 'The mapping was corrected.');
  await page.selectOption('[name=code]', 'EVENT_TIME_NO_OFFSET');
  await page.click('text=Try it');
  expect(await page.locator('#reruns ~ table tbody').innerText()).toMatch(
    /EVENT_TIME_NO_OFFSET, as a trial\s+Waiting/,
  );
  const { client } = stage();
  const asked = await client.rows<{ request_id: string }>({
    name: 'test',
    text: "SELECT request_id, source, code, is_dry_run, reason FROM rerun_requests WHERE requested_by != ''",
  });
  expect(asked).toMatchObject([
    {
      source: 'north-hub',
      code: 'EVENT_TIME_NO_OFFSET',
      is_dry_run: true,
      reason: 'The mapping was corrected.',
    },
  ]);
  expect(
    await client.rows({
      name: 'test',
      text: "SELECT subject_ids FROM own_audit WHERE subject_kind = 'rerun' AND action = 'command'",
    }),
  ).toEqual([{ subject_ids: [asked[0]?.request_id] }]);
  await context.close();
});

test('nobody else has anything run again', async () => {
  const { client, dashboard, signedIn } = stage();
  const asked = () =>
    client.rows({ name: 'test', text: 'SELECT count() AS n FROM rerun_requests' });
  const before = await asked();
  for (const person of ['investigator', 'guardian', 'programme-lead'] as const) {
    const context = await signedIn(person);
    const answer = await context.request.post('/feeds/sources/north-hub?/rerun', {
      form: { code: '', reason: 'x', how: 'store' },
      headers: { origin: dashboard.address },
    });
    expect(answer.status()).toBe(403);
    await context.close();
  }
  expect(await asked()).toEqual(before);
});

test('from sign-in to an alert and out again by keyboard alone', async () => {
  const context = await stage().browser.newContext({ baseURL: stage().dashboard.address });
  const page = await context.newPage();
  await page.goto('/');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Skip to main content');
  await tabTo(page, 'Sign in as Imogen Investigator, Investigator');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/queue');
  await tabTo(page, 'Someone at the same address');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/alerts/${own_alert_id}**`);
  await tabTo(page, 'About this detector: rationale, and what to check first');
  await page.keyboard.press('Enter');
  expect(await page.locator('text=What to check first').last().isVisible()).toBe(true);
  await page.keyboard.press('Home');
  await page.goto('/alerts');
  await tabTo(page, 'Sign out');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in');
  await page.goto('/alerts');
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await context.close();
});

test('the scripts of an alert page are 120 kB compressed at most', async () => {
  const context = await stage().signedIn('investigator');
  const page = await context.newPage();
  let bytes = 0;
  page.on('response', (response) => {
    if (!response.url().endsWith('.js')) return;
    bytes += Number(response.headers()['content-length'] ?? Number.NaN);
  });
  await page.goto(`/alerts/${own_alert_id}`, { waitUntil: 'networkidle' });
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(120_000);
  await context.close();
});

/** What the page complained of: policy violations, errors, failed requests but for the page itself. */
function listen(page: Page): () => string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const is_own_status = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !is_own_status) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return () => complaints;
}

async function identifiersInAddresses(page: Page): Promise<string[]> {
  const addresses = await page
    .locator('a[href], form[action]')
    .evaluateAll((elements) =>
      elements.map(
        (element) => element.getAttribute('href') ?? element.getAttribute('action') ?? '',
      ),
    );
  return [page.url(), ...addresses].filter(
    (address) =>
      address.includes(patient_id) || /\d{10}(?!\d)/.test(address.replace(/[a-d]\d{15}/g, '')),
  );
}

function focused(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      (document.activeElement as HTMLElement | null)?.textContent.replace(/\s+/g, ' ').trim() ?? '',
  );
}

async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if ((await focused(page)) === text) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`The keyboard does not reach “${text}”.`);
}
