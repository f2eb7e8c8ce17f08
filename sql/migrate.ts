/** Forward-only migrations: numbered `.sql` files, run once each, in order, and never changed afterwards. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { SqlClient } from './client.ts';
import { CodedError } from './errors.ts';
import { loadStatement, parseStatement, project_root, splitStatements } from './statement.ts';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}

/**
 * Brings the database to this version's tables, and returns the names of the migrations that ran.
 *
 * A migration is several statements without a transaction, so each of them is written to be run again
 * (`IF NOT EXISTS`): a process killed half-way starts the file anew.
 *
 * @param folder where the numbered files are; the project's own unless a test has others
 * @throws CodedError MIGRATION_CHANGED, MIGRATION_UNKNOWN, MIGRATION_MISNAMED
 */
export async function migrate(
  client: SqlClient,
  clock: Clock,
  folder = join(project_root, 'sql', 'migrations'),
): Promise<string[]> {
  const migrations = readMigrations(folder);
  await client.command(loadStatement('sql/queries/create_schema_migrations.sql'));
  const applied = await client.rows<{ number: number; name: string; checksum: string }>(
    loadStatement('sql/queries/applied_migrations.sql'),
  );
  checkApplied(migrations, applied);
  const done = new Set(applied.map(({ number }) => number));
  const ran: string[] = [];
  for (const migration of migrations.filter(({ number }) => !done.has(number))) {
    for (const text of splitStatements(migration.text)) {
      await client.command(parseMigrationStatement(migration.name, text));
    }
    await client.insert('schema_migrations', [
      {
        number: migration.number,
        name: migration.name,
        checksum: migration.checksum,
        applied_at: clock.now(),
      },
    ]);
    ran.push(migration.name);
  }
  return ran;
}

/** DDL carries its own SETTINGS (a table's), which no query may, so it is not parsed as a query's statement. */
function parseMigrationStatement(name: string, text: string) {
  return text.includes('SETTINGS') ? { name, text } : parseStatement(name, text);
}

function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const number = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]);
    if (number !== index + 1) {
      throw new CodedError(
        'MIGRATION_MISNAMED',
        `The migration ${name} should be number ${index + 1} and named NNNN_what_it_does.sql.`,
      );
    }
    const text = readFileSync(join(folder, name), 'utf8');
    return { number, name, text, checksum: createHash('sha256').update(text).digest('hex') };
  });
}

function checkApplied(
  migrations: readonly Migration[],
  applied: readonly { number: number; name: string; checksum: string }[],
): void {
  for (const { number, name, checksum } of applied) {
    const here = migrations.find((migration) => migration.number === number);
    if (!here) {
      throw new CodedError(
        'MIGRATION_UNKNOWN',
        `The database has the migration ${name}, which this version does not know. Start the newer version.`,
      );
    }
    if (here.checksum !== checksum) {
      throw new CodedError(
        'MIGRATION_CHANGED',
        `The migration ${here.name} was changed after it ran. Restore it, and put the change in a new migration.`,
      );
    }
  }
}
