/** The queue and the findings of reviewers, as people work through them: without JavaScript, and recorded. */
import { expect, test } from 'vitest';
import { refreshQueue } from '../../analytics/ranking/build.ts';
import { carryOutNext } from '../../analytics/replay/service.ts';
import { system_clock } from '../../sql/clock.ts';
import { useStage } from './pages.ts';
import {
  alerts_of_trust,
  fillSmallExchange,
  own_alert_id,
  trust,
  withheld_alert_id,
} from './small-exchange.ts';

const stage = useStage((client) => fillSmallExchange(client, Date.now()));

const found = <T>(text: string) => stage().client.rows<T>({ name: 'test', text });

test('the queue leads through its items, and its filters stay', async () => {
  const context = await stage().signedIn('investigator', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/queue');
  const rows = await page.locator('tbody tr').allInnerTexts();
  expect(rows).toHaveLength(2);
  // Which of them is likelier true is the priors' affair.
  expect(rows[0]).toMatch(/^\s*1\s/);
  expect(rows).toContainEqual(
    expect.stringMatching(/High[^]*opened the record of someone registered at their own address/),
  );
  await page.selectOption('[name=severity]', 'high');
  await page.click('text=Apply filters');
  expect(await page.locator('.app-chip').allInnerTexts()).toEqual([
    expect.stringContaining('High severity'),
  ]);
  // Nothing matches it, and still the list names it.
  await page.goto('/queue?detector=watchlist');
  expect(await page.locator('[name=detector]').inputValue()).toBe('watchlist');
  await page.click('text=Clear all filters');
  await page.locator('tbody tr a').first().click();
  expect(await page.locator('nav[aria-label=Queue]').innerText()).toContain('Item 1 of 2');
  const first = await page.locator('main').innerText();
  await page.click('text=Next item');
  expect(await page.locator('nav[aria-label=Queue]').innerText()).toContain('Item 2 of 2');
  const second = await page.locator('main').innerText();
  expect(`${first}${second}`).toContain('Looked at together with');
  expect(page.url()).toContain('from=queue');
  await page.click('text=Back to the queue');
  expect(new URL(page.url()).pathname).toBe('/queue');
  await context.close();
});

test('a withheld alert is named in no item', async () => {
  const context = await stage().signedIn('guardian');
  const page = await context.newPage();
  await page.goto('/queue?show=all');
  const html = await page.content();
  expect(html).not.toMatch(/Guarded|9990001022|999 000 1022/);
  expect(html).not.toContain(withheld_alert_id);
  await context.close();
});

test('a reviewer records a finding, is told when another was faster, and reopens it', async () => {
  const one = await stage().signedIn('investigator', { has_javascript: false });
  const other = await stage().signedIn('guardian', { has_javascript: false });
  const [mine, theirs] = [await one.newPage(), await other.newPage()];
  const address = `/alerts/${own_alert_id}?from=queue&severity=high`;
  await mine.goto(address);
  await theirs.goto(address);

  await mine.click('text=Record the finding');
  expect(await mine.locator('#finding-problem').innerText()).toContain('Choose what you found.');
  await mine.getByLabel('Not justified: family or a friend').check();
  await mine.click('text=Record the finding');
  expect(await mine.locator('#finding-problem').innerText()).toContain('Say what you checked');
  expect(await mine.getByLabel('Not justified: family or a friend').isChecked()).toBe(true);
  await mine.fill('[name=note]', 'Asked the ward: no reason.');
  await mine.click('text=Record the finding');
  expect(mine.url()).toMatch(/from=queue&severity=high.*#finding$/);
  expect(await mine.locator('main').innerText()).toMatch(
    /Not justified: family or a friend[\s\S]*Asked the ward: no reason\.[\s\S]*By /,
  );

  await theirs.getByLabel('Explained: care').check();
  await theirs.fill('[name=note]', 'An appointment that day.');
  await theirs.click('text=Record the finding');
  expect(await theirs.locator('#finding-problem').innerText()).toMatch(
    /closed it as “Not justified: family or a friend”.*Yours was not recorded/,
  );
  expect(await theirs.locator('[name=note]').inputValue()).toBe('An appointment that day.');

  expect(await found(`SELECT status FROM alerts WHERE alert_id = '${own_alert_id}'`)).toEqual([
    { status: 'closed' },
  ]);
  await refreshQueue(stage().client, system_clock);
  await mine.goto('/queue?show=all');
  expect(await mine.locator('tbody tr').count()).toBe(1);

  await mine.goto(`/alerts/${own_alert_id}`);
  await mine.fill('[name=note]', 'The ward found a second appointment.');
  await mine.click('text=Reopen the alert');
  expect(await found(`SELECT status FROM alerts WHERE alert_id = '${own_alert_id}'`)).toEqual([
    { status: 'open' },
  ]);
  expect(
    await found(
      `SELECT detail, length(subject_ids) AS alerts FROM own_audit WHERE subject_kind = 'finding' ORDER BY at`,
    ),
  ).toEqual([
    { detail: '{"change":"closed","finding":"not_justified_family_or_friend"}', alerts: 1 },
    { detail: '{"change":"reopened","finding":""}', alerts: 1 },
  ]);
  await Promise.all([one.close(), other.close()]);
});

test('alerts are left out after a preview, and come back when that is ended', async () => {
  const context = await stage().signedIn('investigator', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/alerts?detector=out_of_area');
  await page.locator('tbody tr a').first().click();
  await page.click('text=Leave alerts like this out of the queue');
  await page.click('text=Show what it would hide');
  expect(await page.locator('.nhsuk-error-message').innerText()).toContain('Say why');
  await page.fill('[name=reason]', 'The catchment was drawn anew.');
  await page.click('text=Show what it would hide');
  expect(await page.locator('#preview').innerText()).toMatch(/would have left out \d+ alerts/);
  await page.click('text=Leave it out');
  expect(new URL(page.url()).pathname).toBe('/suppressions');
  expect(await page.locator('tbody tr').innerText()).toMatch(
    /catchment was drawn anew[\s\S]*open alerts? now/,
  );
  await refreshQueue(stage().client, system_clock);
  const [hidden] = await found<{ suppressed_alerts: number }>(
    'SELECT suppressed_alerts FROM queue_builds ORDER BY build DESC LIMIT 1',
  );
  expect(hidden?.suppressed_alerts).toBeGreaterThan(0);
  await page.getByRole('button', { name: /^End/ }).click();
  await refreshQueue(stage().client, system_clock);
  expect(
    await found('SELECT suppressed_alerts FROM queue_builds ORDER BY build DESC LIMIT 1'),
  ).toEqual([{ suppressed_alerts: 0 }]);
  await context.close();
});

test('a guardian sets the weekly budget with a reason, and nobody else does', async () => {
  const context = await stage().signedIn('guardian', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/queue');
  await page.click('text=weekly budget');
  expect(await page.locator('tbody tr').innerText()).toMatch(/20\s+The default[\s\S]*Nobody yet/);
  await page.fill('[name=items]', '0');
  await page.fill('[name=reason]', 'One reviewer is away.');
  await page.click('text=Set the budget');
  expect(await page.locator('.nhsuk-error-message').innerText()).toContain('from 1 to 500');
  expect(await page.locator('[name=reason]').inputValue()).toBe('One reviewer is away.');
  await page.fill('[name=items]', '12');
  await page.click('text=Set the budget');
  expect(new URL(page.url()).search).toBe('');
  expect(await page.locator('tbody tr').innerText()).toMatch(
    /12[\s\S]*Gareth Guardian[\s\S]*One reviewer is away\./,
  );
  const set = () => found('SELECT organisation_code, items_per_week FROM queue_budgets');
  expect(await set()).toEqual([{ organisation_code: trust, items_per_week: 12 }]);

  const investigator = await stage().signedIn('investigator');
  const seen = await investigator.newPage();
  await seen.goto('/queue/budget');
  expect(await seen.locator('main').innerText()).toContain('A Caldicott guardian sets the number');
  expect(await seen.locator('main form').count()).toBe(0);
  for (const [from, organisation] of [
    [investigator, trust],
    [context, 'RTB02'],
  ] as const) {
    const answer = await from.request.post('/queue/budget?/set', {
      form: { organisation, items: '3', reason: 'x' },
      headers: { origin: stage().dashboard.address },
    });
    expect(answer.status()).toBe(403);
  }
  expect(await set()).toHaveLength(1);
  expect(
    await found(
      `SELECT action, subject_ids, detail FROM own_audit WHERE subject_kind = 'queue_budget' ORDER BY at`,
    ),
  ).toEqual([
    { action: 'command', subject_ids: [trust], detail: '{"items_per_week":12}' },
    { action: 'refused', subject_ids: [], detail: '' },
    { action: 'refused', subject_ids: [], detail: '' },
  ]);
  await Promise.all([context.close(), investigator.close()]);
});

test('one finding closes all the alerts that are looked at together', async () => {
  const context = await stage().signedIn('guardian', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/alerts?detector=own_record');
  await page.locator('tbody tr a').first().click();
  await page.getByLabel('A shared login').check();
  await page.getByLabel(/^The same for the/).check();
  await page.fill('[name=note]', 'The whole ward uses it.');
  await page.click('text=Record the finding');
  const [closed] = await found<{ alerts: string }>(
    `SELECT count() AS alerts FROM closed_alerts WHERE finding = 'shared_login'`,
  );
  expect(Number(closed?.alerts)).toBeGreaterThan(alerts_of_trust / 2);
  expect(Number(closed?.alerts)).toBeLessThanOrEqual(alerts_of_trust);
  await context.close();
});

test('a guardian tries a threshold, saves it once it was tried, and switches the detector', async () => {
  const { client } = stage();
  await client.insert('detector_versions', [
    {
      detector_id: 'household',
      version: 1,
      title: 'Someone at the same address',
      status: 'active',
      severity: 'high',
      mode: 'live',
      needs: ['staff', 'patients'],
      silenced_by: 'none',
      params: '{"occupants_max":8}',
      readme: '',
      content_hash: 'with params',
      recorded_at: Date.now() + 1000,
    },
  ]);
  const context = await stage().signedIn('guardian', { has_javascript: false });
  const page = await context.newPage();
  await page.goto('/detectors');
  await page.click('text=Someone at the same address');
  expect(await page.locator('#volume-finding').innerText()).toMatch(/^3 alerts in the week from /);
  const weeks = await context.request.get('/detectors/household/weeks.csv');
  expect(await weeks.text()).toMatch(
    /^week_from,alerts,of_them_withdrawn_since\n\d{4}-\d\d-\d\d,3,2\n$/,
  );
  await page.click('text=Try it on the last 90 days');
  expect(await page.locator('.nhsuk-error-message').innerText()).toContain('Change at least one');
  await page.fill('[name=param-occupants_max]', '6');
  await page.click('text=Try it on the last 90 days');
  expect(await page.locator('main').innerText()).toContain('It waits for its turn.');
  expect(await page.locator('text=Save these thresholds').count()).toBe(0);

  while (await carryOutNext(client, system_clock));
  await page.reload();
  expect(await page.locator('main').innerText()).toMatch(/\d+ alerts? would go/);
  await page.locator('form[action="?/save"] [name=reason]').fill('Halls of residence.');
  await page.click('text=Save these thresholds');
  expect(
    await found('SELECT organisation_code, params, params_version FROM detector_params'),
  ).toEqual([{ organisation_code: trust, params: '{"occupants_max":6}', params_version: 1 }]);
  expect(await page.locator('[name=param-occupants_max]').inputValue()).toBe('6');

  await page.selectOption('[name=status]', 'shadow');
  await page.getByRole('button', { name: 'Decide' }).click();
  expect(await page.locator('.nhsuk-error-message').innerText()).toContain('on what ground');
  await page.selectOption('[name=status]', 'shadow');
  await page.fill('[name=ground]', 'The impact assessment is being renewed.');
  await page.getByRole('button', { name: 'Decide' }).click();
  expect(await page.locator('main').innerText()).toContain(
    'The impact assessment is being renewed.',
  );
  await page.goto('/alerts?detector=household&status=any');
  expect(await page.locator('main').innerText()).toContain('No alert matches');
  await context.close();
});
