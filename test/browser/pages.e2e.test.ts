/** Every page, filled: no accessibility violation, no broken policy, nothing wider than the screen, with and without JavaScript. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { useStage, type Person } from './pages.ts';
import {
  fillSmallExchange,
  own_alert_id,
  patient_id,
  withdrawn_alert_id,
  withheld_alert_id,
} from './small-exchange.ts';

const stage = useStage((client) => fillSmallExchange(client, Date.now()));

const pages: readonly (readonly [person: Person, path: string, heading: string | RegExp])[] = [
  ['investigator', '/alerts', 'Alerts'],
  ['investigator', '/alerts?status=any&severity=medium&page=2', 'Alerts'],
  ['guardian', `/alerts/${own_alert_id}`, 'Someone at the same address'],
  ['guardian', `/alerts/${withdrawn_alert_id}`, 'Someone at the same address'],
  ['guardian', `/alerts/${withheld_alert_id}`, 'Withheld alert'],
  ['programme-lead', '/usage', 'Usage'],
  ['programme-lead', '/feeds', 'Feeds'],
  ['administrator', '/feeds', 'Feeds'],
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

test('from sign-in to an alert and out again by keyboard alone', async () => {
  const context = await stage().browser.newContext({ baseURL: stage().dashboard.address });
  const page = await context.newPage();
  await page.goto('/');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Skip to main content');
  await tabTo(page, 'Sign in as Imogen Investigator, Investigator');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/alerts');
  await tabTo(page, 'Someone at the same address');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/alerts/${own_alert_id}`);
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
