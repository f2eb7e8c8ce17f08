/** `npm run sql`: rows alone on standard output, of one statement that only reads. */
import { parseArgs } from 'node:util';
import type { SqlClient } from './client.ts';
import type { Clock } from './clock.ts';
import type { Command } from './control.ts';
import { CodedError } from './errors.ts';
import { auditedCommand } from './own-audit.ts';
import { readOnlyStatement } from './read-only.ts';

/** Formats that are text, and that no statement can make reach a file. */
const formats = [
  'TabSeparated',
  'TabSeparatedWithNames',
  'CSV',
  'CSVWithNames',
  'JSON',
  'JSONEachRow',
  'JSONCompactEachRow',
  'PrettyCompact',
  'PrettyCompactMonoBlock',
  'Vertical',
  'Markdown',
  'TSV',
  'TSVWithNames',
];

/** The command, on a client of its own: a long statement then holds up nobody. */
export function sqlCommand(client: SqlClient, clock: Clock): Command {
  return auditedCommand(client, clock, 'npm run sql', async (args, to) => {
    const { format, typed } = parseSqlArguments(args);
    const statement = await readOnlyStatement(client, typed);
    to.output(
      await client.text(statement, format, undefined, {
        limits: 'ad_hoc',
        settings: { readonly: '1' },
      }),
    );
    return 0;
  });
}

function parseSqlArguments(args: readonly string[]): { format: string; typed: string } {
  const usage = 'npm run sql -- [--format JSONEachRow] "SELECT …"';
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      options: { format: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
  const format = parsed.values.format ?? 'TabSeparated';
  if (!formats.includes(format)) {
    throw new CodedError('SQL_FORMAT_UNKNOWN', `The format is one of ${formats.join(', ')}.`);
  }
  const [typed, ...more] = parsed.positionals;
  if (typed === undefined || more.length > 0)
    throw new CodedError('USAGE', `Give one statement, in quotes. Use: ${usage}`);
  return { format, typed };
}
