/** A process that ends while its embedded engine is at work: `node ending-process.ts PATH close|exit`. */
import { openEngine } from '../../sql/client.ts';
import { parseStatement } from '../../sql/statement.ts';

const [path = '', ending = ''] = process.argv.slice(2);
export const statements = 8;
/** What is written out before the end is stored. */
export const stored_rows = 1_000;

if (import.meta.main) {
  const engine = await openEngine({ path });
  const client = await engine.client('ending', 2);
  const text = (sql: string) => parseStatement('ending', sql);
  await client.command(text('CREATE TABLE stored (n UInt64) ENGINE = MergeTree ORDER BY n'));
  await client.command(
    text('CREATE TABLE many (n UInt64, s String) ENGINE = MergeTree ORDER BY n'),
  );
  const insert = text('INSERT INTO stored SELECT number FROM numbers({rows:UInt64})');
  await client.insertSelect(insert, { rows: stored_rows });
  // Parts to merge, and more statements than connections: some run, and others wait for their turn.
  const insertMany = text('INSERT INTO many SELECT number, toString(number) FROM numbers(200000)');
  const said: string[] = [];
  const answers = Array.from({ length: statements }, () =>
    client.insertSelect(insertMany).then(
      () => said.push('stored'),
      (error: unknown) => said.push((error as { code: string }).code),
    ),
  );
  await answers[0];
  process.stdout.write('at work\n');
  if (ending === 'close') {
    await engine.close();
    process.stdout.write(`${said.join(' ')}\n`);
  }
  process.exit(0);
}
