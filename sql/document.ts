/** `npm run document`: writes the tables of `sql/README.md` from the migrations. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { project_root, splitStatements } from './statement.ts';

const begin = '<!-- tables: written by npm run document -->';
const end = '<!-- end of tables -->';

/** `sql/README.md` as it should be: its own text, with the tables taken from the migrations. */
export function documented(readme: string, migrations: readonly string[]): string {
  const statements = migrations.flatMap((text) => splitStatements(text));
  const added = addedColumns(statements);
  const modified = modifiedColumns(statements);
  const tables = statements.map((statement) => describe(statement, added, modified));
  const before = readme.slice(0, readme.indexOf(begin) + begin.length);
  const after = readme.slice(readme.indexOf(end));
  return `${before}\n\n${tables.filter((table) => table !== '').join('\n')}\n${after}`;
}

/** The text of every migration, in order. */
export function migrationTexts(): string[] {
  const folder = join(project_root, 'sql', 'migrations');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Rows of columns that later migrations added, by table. */
function addedColumns(statements: readonly string[]): ReadonlyMap<string, string[]> {
  const added = new Map<string, string[]>();
  for (const statement of statements) {
    const altered = /ALTER TABLE (\w+)\s+ADD COLUMN IF NOT EXISTS ([a-z]\w*) ([\s\S]*)/.exec(
      statement,
    );
    if (!altered) continue;
    const [, table = '', name = '', rest = ''] = altered;
    added.set(table, [...(added.get(table) ?? []), columnRow(name, rest)]);
  }
  return added;
}

/** What later migrations changed of a column. */
interface Modified {
  readonly type?: string;
  readonly comment?: string;
}

/** Types and comments that later migrations gave to columns, by table and column. */
function modifiedColumns(statements: readonly string[]): ReadonlyMap<string, Modified> {
  const modified = new Map<string, Modified>();
  for (const statement of statements) {
    const [, table = '', changes = ''] = /ALTER TABLE (\w+)\s+([\s\S]*)/.exec(statement) ?? [];
    const change = (name: string, to: Modified) =>
      modified.set(`${table}.${name}`, { ...modified.get(`${table}.${name}`), ...to });
    for (const [, name = '', rest = ''] of changes.matchAll(/MODIFY COLUMN ([a-z]\w*) (.*)/g))
      change(name, { type: typeIn(rest) });
    for (const [, name = '', rest = ''] of changes.matchAll(/(?<=COMMENT COLUMN) ([a-z]\w*) (.*)/g))
      change(name, { comment: commentIn(`COMMENT ${rest}`) });
  }
  return modified;
}

function describe(
  statement: string,
  added: ReadonlyMap<string, string[]>,
  modified: ReadonlyMap<string, Modified>,
): string {
  const made = /CREATE (TABLE|VIEW) IF NOT EXISTS (\w+)/.exec(statement);
  if (!made) return '';
  const sentences = statement
    .slice(0, made.index)
    .trimEnd()
    .split(/\n\s*\n/)
    .at(-1)
    ?.split('\n')
    .map((line) => line.replace(/^--\s?/, ''))
    .join(' ')
    .trim();
  const heading = `### ${made[2]}${made[1] === 'VIEW' ? ' (view)' : ''}\n\n${sentences}\n`;
  return made[1] === 'VIEW'
    ? heading
    : `${heading}\n${columnsOf(statement, added.get(made[2] ?? '') ?? [], (name) => modified.get(`${made[2]}.${name}`))}`;
}

/** One table row a column: `    name Type COMMENT '…' CODEC(…),` stands on a line of its own in every migration. */
function columnsOf(
  created: string,
  added: readonly string[],
  modifiedOf: (column: string) => Modified | undefined,
): string {
  // What follows the columns is indented like them, the settings of a table for one.
  const statement = created.slice(0, created.search(/^\)/m));
  const rows = [...statement.matchAll(/^ {4}([a-z]\w*) ((?:[^\n]|\n {8})*)$/gm)].map(
    ([, name = '', rest = '']) => columnRow(name, rest, modifiedOf(name)),
  );
  return ['| column | type | |', '|---|---|---|', ...rows, ...added, ''].join('\n');
}

function typeIn(rest: string): string {
  return /^[A-Za-z0-9]+(\((?:[^()]|\([^()]*\))*\))?/.exec(rest)?.[0] ?? '';
}

function commentIn(rest: string): string {
  return /COMMENT '((?:[^']|'')*)'/.exec(rest)?.[1]?.replace(/''/g, "'") ?? '';
}

function columnRow(name: string, rest: string, modified: Modified = {}): string {
  const { type = typeIn(rest), comment = commentIn(rest) } = modified;
  return `| \`${name}\` | \`${type}\` | ${comment} |`;
}

if (import.meta.main) {
  const file = join(project_root, 'sql', 'README.md');
  writeFileSync(file, documented(readFileSync(file, 'utf8'), migrationTexts()));
}
