/** The guard around statements that a person types: one, a read, and of our own database alone. */
import type { SqlClient } from './client.ts';
import { CodedError } from './errors.ts';
import { loadStatement, parseStatement, splitStatements, type Statement } from './statement.ts';

/** Functions that reach outside the database although they are no table functions. */
const refused_functions =
  /^(file|filesystem|dict|joinget|catboost|naivebayes|hascolumnintable|getclienthttpheader|ai[a-z]*$)/i;
/** What may be read beside our own tables: how the store is doing, and number generators. */
const readable_system_tables = new Set(['tables', 'columns', 'parts', 'numbers', 'one']);

/**
 * The statement as the engine itself understands it, if it is one read of our own database.
 *
 * The engine's parser is asked, not ours: it formats the text anew (bound as a value, so nothing in it can run), and
 * its syntax tree is searched for table functions, other databases and output files. What it formatted, and not what
 * was typed, is what then runs, with `readonly` as a second belt.
 *
 * @throws CodedError SQL_EMPTY, SQL_MULTIPLE, SQL_SYNTAX, SQL_NOT_A_READ, SQL_REACHES_OUTSIDE
 */
export async function readOnlyStatement(client: SqlClient, typed: string): Promise<Statement> {
  const statements = splitStatements(typed);
  if (statements.length === 0)
    throw new CodedError('SQL_EMPTY', 'There is no statement. Give one SELECT in quotes.');
  if (statements.length > 1) {
    throw new CodedError(
      'SQL_MULTIPLE',
      `There are ${statements.length} statements. Give one at a time.`,
    );
  }
  const text = await format(client, statements[0] ?? '');
  checkTree(await treeOf(client, text));
  try {
    return parseStatement('sql', text);
  } catch (cause) {
    throw new CodedError(
      'SQL_NOT_A_READ',
      'A statement typed here takes no SETTINGS; limits are set for you.',
      { cause },
    );
  }
}

async function format(client: SqlClient, typed: string): Promise<string> {
  try {
    const rows = await client.rows<{ formatted: string }>(
      loadStatement('sql/queries/format_statement.sql'),
      { typed },
    );
    return rows[0]?.formatted ?? '';
  } catch (cause) {
    const said = (cause as { engine_message?: string }).engine_message ?? '';
    // The engine's message ends by quoting our own statement; the person wants the part about theirs.
    const detail = said.replace(/: In scope .*$/s, '').slice(0, 400);
    throw new CodedError(
      'SQL_SYNTAX',
      `The statement is not SQL that ClickHouse understands. ${detail}`,
      { cause },
    );
  }
}

/** The lines of the syntax tree. The engine itself refuses here what is no SELECT, and one that names an output. */
async function treeOf(client: SqlClient, text: string): Promise<string[]> {
  const tree: Statement = { name: 'sql tree', text: `SELECT explain FROM (EXPLAIN AST ${text})` };
  try {
    const rows = await client.rows<{ explain: string }>(tree, undefined, { limits: 'ad_hoc' });
    return rows.map(({ explain }) => explain);
  } catch (cause) {
    throw new CodedError(
      'SQL_NOT_A_READ',
      'Only reading is possible here: give one SELECT, without FORMAT (use --format) or INTO OUTFILE.',
      { cause },
    );
  }
}

/** Checks the lines of `EXPLAIN AST`, which are indented by one space a level. */
function checkTree(lines: readonly string[]): void {
  const kind = lines[0]?.trim().split(/[\s(]/)[0] ?? '';
  if (!/^Select(WithUnion|IntersectExcept)Query$/.test(kind)) {
    throw new CodedError('SQL_NOT_A_READ', 'Only reading is possible here: give a SELECT.');
  }
  for (const [index, line] of lines.entries()) {
    const node = /^\s*(\w+)(?:\s+(\S+))?/.exec(line);
    const parent = lines[index - 1]?.trim() ?? '';
    if (node?.[1] === 'Function') {
      if (parent.startsWith('TableExpression')) refuseOutside(`the table function ${node[2]}`);
      if (refused_functions.test(node[2] ?? '')) refuseOutside(`the function ${node[2]}`);
    }
    if (node?.[1] === 'TableIdentifier') checkTable(node[2] ?? '');
    // `x IN system.users` names a table where a column's name could stand.
    if (node?.[1] === 'Identifier' && isRightOfIn(lines, index)) checkTable(node[2] ?? '');
  }
}

/** Whether the node at `index` is the second argument of an IN, where a name is a table's: Function, list, left, right. */
function isRightOfIn(lines: readonly string[], index: number): boolean {
  const depthOf = (line: string) => line.length - line.trimStart().length;
  const depth = depthOf(lines[index] ?? '');
  const list = lines.findLastIndex((line, at) => at < index && depthOf(line) === depth - 1);
  const siblings = lines.slice(list + 1, index).filter((line) => depthOf(line) === depth);
  const called = /^\s*Function (\S+)/.exec(lines[list - 1] ?? '')?.[1] ?? '';
  return (
    siblings.length === 1 && /^(global)?(not)?in(ignoreset)?$/i.test(called.replace(/null/i, ''))
  );
}

function checkTable(name: string): void {
  const [database, table] = name.includes('.') ? name.split('.') : ['audit', name];
  if (database === 'audit') return;
  if (database === 'system' && readable_system_tables.has(table ?? '')) return;
  refuseOutside(`the table ${name}`);
}

function refuseOutside(what: string): never {
  throw new CodedError(
    'SQL_REACHES_OUTSIDE',
    `Only the tables of the database audit can be read here, not ${what}.`,
  );
}
