/** Every page with nothing to show: it says how to begin. */
import { AxeBuilder } from '@axe-core/playwright';
import { describe, expect, test } from 'vitest';
import { useStage, type Person } from './pages.ts';

// What a first start makes: the local source, which has sent nothing yet.
const stage = useStage((client) =>
  client.insert('source_versions', [
    {
      source: 'local',
      version: 1,
      key_hash: 'k',
      is_simulated: true,
      is_loopback_only: true,
      organisation_codes: [],
      changed_at: Date.now(),
      is_ended: false,
    },
  ]),
);

const pages: readonly (readonly [Person, string, RegExp])[] = [
  ['investigator', '/queue', /nothing that you may see/],
  ['guardian', '/queue/budget', /there is no budget to show/],
  ['investigator', '/alerts', /nothing that you may see/],
  ['programme-lead', '/usage', /There are no figures yet/],
  ['programme-lead', '/explained', /No access has been judged yet/],
  ['programme-lead', '/feeds', /Nothing has arrived yet/],
  ['administrator', '/feeds', /Send a first event with this command/],
];

describe.each([1280, 390])('at %i pixels', (width) => {
  test.each(pages)('%s sees %s say how to begin', async (person, path, says) => {
    for (const has_javascript of [true, false]) {
      const context = await stage().signedIn(person, { width, has_javascript });
      const page = await context.newPage();
      await page.goto(path);
      expect(await page.locator('main').innerText()).toMatch(says);
      expect(
        await page.locator('body').evaluate((body) => body.scrollWidth - window.innerWidth),
      ).toBeLessThanOrEqual(0);
      if (has_javascript) {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      }
      await context.close();
    }
  });
});

test('the command for a first event is one that a shell takes', async () => {
  const context = await stage().signedIn('administrator');
  const page = await context.newPage();
  await page.goto('/feeds');
  const command = await page.locator('.app-command').innerText();
  expect(command).toMatch(/^curl -sS http:\/\/127\.0\.0\.1:3001\/events \\\n/);
  expect(command).toContain("$(cat '");
  expect(() => JSON.parse(/-d '(.*)'$/s.exec(command)?.[1] ?? '') as unknown).not.toThrow();
  await context.close();
});
