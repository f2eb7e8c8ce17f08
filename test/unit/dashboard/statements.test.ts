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
  for (const { name, text } of [...statements('scoped'), ...statements('administrator')]) {
    expect(text, name).not.toMatch(/\b(address_key|postcode|latitude|longitude)\b/);
  }
});

test('only the reader and the people of sign-in hold a client', () => {
  const files = readdirSync(join(project_root, 'dashboard'), {
    recursive: true,
    encoding: 'utf8',
  }).filter((file) => /\.(ts|svelte)$/.test(file) && !/^(build|\.svelte-kit)\//.test(file));
  const holders = files.filter((file) =>
    /services\.(pages|people|own_audit)\b/.test(
      readFileSync(join(project_root, 'dashboard', file), 'utf8'),
    ),
  );
  expect(holders.sort()).toEqual([
    'hooks.server.ts',
    'lib/server/demo-people.ts',
    'lib/server/own-audit.ts',
    'lib/server/people.ts',
    'lib/server/sessions.ts',
  ]);
});
