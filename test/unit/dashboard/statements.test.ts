/** What the dashboard's statements may name: the folder that one lies in decides what it can see. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadStatement, project_root } from '../../../sql/statement.ts';

const folder = (name: string) => `dashboard/queries/${name}`;
const statements = (name: string) =>
  readdirSync(join(project_root, folder(name))).map((file) =>
    loadStatement(`${folder(name)}/${file}`),
  );

test('every scoped statement names its scope', () => {
  for (const { name, text } of statements('scoped')) {
    expect(text, name).toContain('organisation_code IN {organisation_codes:Array(String)}');
  }
});

test('no statement on the whole exchange names a patient, an identifier, or what a person typed', () => {
  const personal =
    /\b(patient_id|nhs_number|surname|staff_name|search_terms|search_results|raw|postcode|address_key|date_of_birth)\b/;
  for (const { name, text } of statements('exchange')) expect(text, name).not.toMatch(personal);
});

test('no statement that a page can reach reads where anybody lives', () => {
  const homes = /\b(address_key|postcode|latitude|longitude)\b/;
  for (const { name, text } of [...statements('scoped'), ...statements('administrator')]) {
    if (name.endsWith('/withheld_alerts.sql')) {
      // The one that compares addresses gives an alert's own id and nothing besides.
      expect(text.slice(text.lastIndexOf('\nSELECT '))).toMatch(/^\nSELECT alert_id\nFROM tied\n/);
    } else expect(text, name).not.toMatch(homes);
  }
});

test('every statement that reads alerts, or what was made of them, leaves out those about the viewer', () => {
  const of_alerts =
    /\b(FROM|JOIN) (alerts|alert_versions|queue_(entries|items)|(standing_)?findings|replay_alerts|suppressions_made)\b/;
  const reading = [...statements('scoped'), ...statements('exchange')].filter(
    ({ name, text }) =>
      of_alerts.test(text) &&
      // It says of some alerts which may not be told.
      !name.endsWith('/withheld_alerts.sql'),
  );
  expect(reading.length).toBeGreaterThan(15);
  for (const { name, text } of reading) expect(text, name).toContain('{own_staff:Array(String)}');
});

test('what an alert says is read only where it may be withheld', () => {
  const told = statements('scoped')
    .filter(
      ({ text }) =>
        /\breason\b/.test(text) &&
        /\bFROM (alert(s|_versions)|queue_(entries|items)|replay_alerts)\b/.test(text),
    )
    .map(({ name }) => name.replace(/^.*\/|\.sql$/g, ''))
    // Its reason is why somebody left something out.
    .filter((name) => name !== 'suppressions');
  const readers = sources().filter((file) =>
    told.some((name) => new RegExp(`scoped<[^(]*\\('${name}'`).test(read(file))),
  );
  expect(readers).toEqual([
    'lib/server/alert-detail.ts',
    'lib/server/alert-list.ts',
    'lib/server/queue-item.ts',
    'lib/server/queue-list.ts',
  ]);
  for (const file of readers) expect(read(file), file).toContain('readWithheld(');
});

test('only the reader, the people of sign-in, requests to run again and what reviewers record hold a client', () => {
  const holders = sources().filter((file) =>
    /services\.(pages|people|own_audit)\b/.test(read(file)),
  );
  expect(holders).toEqual([
    'hooks.server.ts',
    'lib/server/alert-suppressions.ts',
    'lib/server/demo-people.ts',
    'lib/server/detector-decisions.ts',
    'lib/server/findings.ts',
    'lib/server/own-audit.ts',
    'lib/server/people.ts',
    'lib/server/queue-budgets.ts',
    'lib/server/reruns.ts',
    'lib/server/sessions.ts',
  ]);
});

/** The code of the dashboard, without what is built from it, in order of name. */
function sources(): string[] {
  return readdirSync(join(project_root, 'dashboard'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|svelte)$/.test(file) && !/^(build|\.svelte-kit)\//.test(file))
    .sort();
}

function read(file: string): string {
  return readFileSync(join(project_root, 'dashboard', file), 'utf8');
}
