import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { record_codes, request_codes } from '../../../ingest/codes.ts';
import { project_root } from '../../../sql/statement.ts';

const folder = join(project_root, 'ingest');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

it('documents every code with its status and its meaning, and no other', () => {
  const documented = [...readme.matchAll(/^\| `([A-Z0-9_]+)` \|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, code, status, meaning]) => [code, status?.trim(), meaning?.trim()],
  );
  const known = [
    ...Object.entries(request_codes).map(([code, [status, meaning]]) => [
      code,
      String(status),
      meaning,
    ]),
    ...Object.entries(record_codes).map(([code, meaning]) => [code, '', meaning]),
  ];
  expect(documented.sort()).toEqual(known.sort());
});

it('uses every request code somewhere', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const sources = files
    .filter((name) => name !== 'codes.ts')
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  expect(Object.keys(request_codes).filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});
