import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { documented, migrationTexts } from '../../../sql/document.ts';
import { project_root } from '../../../sql/statement.ts';

it('sql/README.md tells the tables as the migrations make them (npm run document writes them)', () => {
  const readme = readFileSync(join(project_root, 'sql', 'README.md'), 'utf8');
  expect(readme).toBe(documented(readme, migrationTexts()));
});
