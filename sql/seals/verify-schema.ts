/**
 * Verifies that what the engine computes on reading is what the migrations say: computed columns, and views.
 *
 * The leaf of a row is a computed column, and readers go through views. Whoever may alter tables could make a leaf say
 * what was sealed whatever the row says now, or a view leave rows out, and no row of any table would differ.
 */
import type { SqlClient } from '../client.ts';
import { migrationTexts } from '../document.ts';
import { loadStatement, splitStatements } from '../statement.ts';
import type { Finding } from './findings.ts';

const schema_as_it_is = loadStatement('sql/seals/queries/schema_as_it_is.sql');
const schema_formatted = loadStatement('sql/seals/queries/schema_formatted.sql');

/**
 * A finding for each computed column and view that is not as the migrations made it or not there, and for each that stands
 * where they made a table or a plain column. Views of other names are their owners' business.
 */
export async function verifySchema(client: SqlClient): Promise<Finding[]> {
  const { computed, tables } = definitions(migrationTexts());
  const wanted = [...computed];
  const formatted = await client.rows<{ text: string }>(schema_formatted, {
    texts: wanted.map(([, text]) => text),
  });
  const rows = await client.rows<{ name: string; text: string }>(schema_as_it_is);
  const stored = new Map(rows.map(({ name, text }) => [name, text]));
  const findings: Finding[] = [];
  const found = (detail: string) =>
    void findings.push({ kind: 'schema_differs', load_seq: 0, detail });
  for (const [index, [name]] of wanted.entries()) {
    const text = stored.get(name);
    stored.delete(name);
    if (text === undefined) found(`${name} is not there, or not computed`);
    else if (text !== formatted[index]?.text) found(`${name} is not what the migrations made it`);
  }
  for (const name of stored.keys())
    if (tables.has(name.split('.')[0] ?? ''))
      found(`${name} is computed, and was made to be stored`);
  return findings;
}

/** The last definition of each computed column (`table.column`) and view, as a SELECT; and the names of the tables. */
function definitions(migrations: readonly string[]) {
  const computed = new Map<string, string>();
  const tables = new Set<string>();
  for (const statement of migrations.flatMap((text) => splitStatements(text))) {
    const [, view = '', select = ''] =
      /^CREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?(\w+) AS\s+([^]+)$/m.exec(statement) ?? [];
    if (view !== '') computed.set(view, select);
    const [, table = '', like = ''] =
      /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)(?:\s+AS (\w+))?/m.exec(statement) ?? [];
    if (table === '') continue;
    tables.add(table);
    // A table that is made like another has its computed columns as they were then.
    for (const [name, expression] of [...computed])
      if (like !== '' && name.startsWith(`${like}.`))
        computed.set(name.replace(like, table), expression);
    const columns = statement.matchAll(/\b(\w+) [\w()]+\s+ALIAS\s+([^]+?)\s+COMMENT '/g);
    for (const [, column = '', expression = ''] of columns)
      computed.set(`${table}.${column}`, `SELECT ${expression}`);
  }
  return { computed, tables };
}
