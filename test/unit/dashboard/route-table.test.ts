/** The route table against the routes on disk: deny by default. */
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';
import { judgeRoute, menuFor, route_table } from '../../../dashboard/lib/server/route-table.ts';
import { first_pages, roles } from '../../../dashboard/lib/server/roles.ts';
import { project_root } from '../../../sql/statement.ts';

const routes = join(project_root, 'dashboard', 'routes');

function routesOnDisk(folder = routes): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const own = entries.some(({ name }) => /^\+(page\.svelte|server\.ts)$/.test(name))
    ? [`/${relative(routes, folder).split(sep).join('/')}`]
    : [];
  return [
    ...own,
    ...entries.flatMap((entry) =>
      entry.isDirectory() ? routesOnDisk(join(folder, entry.name)) : [],
    ),
  ];
}

test('every route on disk is in the table, and nothing else is', () => {
  expect(Object.keys(route_table).sort()).toEqual(routesOnDisk().sort());
});

test('a route that nobody listed is refused, whoever asks', () => {
  for (const role of [undefined, ...roles]) {
    expect(judgeRoute('/new', role, false)).toBe('refused');
    expect(judgeRoute('toString', role, false)).toBe('refused');
  }
});

test('without a sign-in only the ways to sign in are open', () => {
  const open = Object.keys(route_table).filter(
    (route) => judgeRoute(route, undefined, false) === 'open',
  );
  expect(open).toEqual(['/sign-in', '/sign-in/link', '/sign-in/demo/[person]']);
});

test('alerts are for investigators and guardians alone, and usage never for them', () => {
  const seenBy = (route: string) =>
    roles.filter((role) => judgeRoute(route, role, false) === 'open');
  expect(seenBy('/alerts')).toEqual(['investigator', 'guardian']);
  expect(seenBy('/alerts/[alert_id]')).toEqual(['investigator', 'guardian']);
  expect(seenBy('/usage')).toEqual(['programme_lead', 'administrator']);
  expect(seenBy('/feeds/rejects')).toEqual(['administrator']);
});

test('pages for inside are not found from outside', () => {
  for (const role of [undefined, ...roles])
    expect(judgeRoute('/problem/[code]', role, false)).toBe('not_found');
  expect(judgeRoute('/problem/[code]', undefined, true)).toBe('open');
});

test('each role may see the page on which it starts, and every link of its menu', () => {
  for (const role of roles) {
    expect(judgeRoute(first_pages[role], role, false)).toBe('open');
    for (const { href } of menuFor(role)) expect(judgeRoute(href, role, false)).toBe('open');
  }
});
