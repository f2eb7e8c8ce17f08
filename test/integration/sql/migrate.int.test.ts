import { cpSync, mkdtempSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fixedClock } from '../../../sql/clock.ts';
import { migrate } from '../../../sql/migrate.ts';
import { project_root } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';

onEachEngine('migrations', (engine) => {
  let folder: string;
  const clock = fixedClock(Date.parse('2026-01-05T09:00:00Z'));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'access-audit-migrations-'));
    cpSync(join(project_root, 'sql', 'migrations'), folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('run once, and a second start runs none', async () => {
    expect(await migrate(engine().client, clock, folder)).toEqual([]);
  });

  it('stop the start when one was changed after it ran, and say which', async () => {
    appendFileSync(join(folder, '0002_reference.sql'), '\n-- a late thought\n');
    await expect(migrate(engine().client, clock, folder)).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      message: expect.stringContaining('0002_reference.sql'),
    });
  });

  it('stop the start when the database is newer than the program', async () => {
    const newest = '9999_from_the_future.sql';
    await engine().client.insert('schema_migrations', [
      { number: 9999, name: newest, checksum: 'x', applied_at: clock.now() },
    ]);
    await expect(migrate(engine().client, clock, folder)).rejects.toMatchObject({
      code: 'MIGRATION_UNKNOWN',
    });
    await engine().client.command({
      name: 't',
      text: 'ALTER TABLE schema_migrations DELETE WHERE number = 9999',
    });
  });

  it('stop the start when a number is missing', async () => {
    writeFileSync(join(folder, '0042_gap.sql'), 'SELECT 1');
    await expect(migrate(engine().client, clock, folder)).rejects.toMatchObject({
      code: 'MIGRATION_MISNAMED',
    });
  });
});
