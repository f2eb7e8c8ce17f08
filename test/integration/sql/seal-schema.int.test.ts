import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { sealedStore, verified } from '../../support/tampered-store.ts';
import type { Running } from '../ingest/fixture.ts';

onEachEngine('the schema of a sealed store', (engine) => {
  let running: Running;
  let undo: string[] = [];
  const run = (text: string) => engine().client.command({ name: 'test tamper', text });
  const found = async () =>
    (await verified(engine(), running.data_dir)).findings.map(({ kind, detail }) => ({
      kind,
      detail,
    }));

  beforeEach(async () => {
    running = await sealedStore(engine());
  });
  afterEach(async () => {
    for (const text of undo.toReversed()) await run(text);
    undo = [];
    await engine().truncate();
  });

  async function expressionOf(column: string): Promise<string> {
    const [row] = await engine().client.rows<{ expression: string }>(
      parseStatement(
        'test expression',
        `SELECT default_expression AS expression FROM system.columns
         WHERE database = currentDatabase() AND table = 'access_events' AND name = '${column}'`,
      ),
    );
    return row?.expression ?? '';
  }

  it('names a leaf that is computed otherwise, though each leaf says what was sealed', async () => {
    const expression = await expressionOf('leaf_v1');
    const [row] = await running.query<{ leaf: string }>(
      `SELECT hex(leaf_v1) AS leaf FROM access_events WHERE event_id = 'e-2-3'`,
    );
    const column = 'ALTER TABLE access_events MODIFY COLUMN leaf_v1 FixedString(32) ALIAS';
    undo.push(`${column} ${expression}`);
    await run(
      `${column} if(event_id = 'e-2-3', toFixedString(unhex('${row?.leaf}'), 32), ${expression})`,
    );
    expect(await found()).toEqual([
      {
        kind: 'schema_differs',
        detail: 'access_events.leaf_v1 is not what the migrations made it',
      },
    ]);
  });

  it('names a view that leaves events out, and leaves views of other names alone', async () => {
    const [view] = await running.query<{ text: string }>(
      `SELECT as_select AS text FROM system.tables
       WHERE database = currentDatabase() AND name = 'committed_events'`,
    );
    undo.push(`CREATE OR REPLACE VIEW committed_events AS ${view?.text}`, 'DROP VIEW mine');
    await run('CREATE VIEW mine AS SELECT count() AS n FROM access_events');
    expect(await found()).toEqual([]);
    await run(
      `CREATE OR REPLACE VIEW committed_events AS SELECT * FROM access_events WHERE event_id != 'e-2-3'`,
    );
    expect(await found()).toEqual([
      { kind: 'schema_differs', detail: 'committed_events is not what the migrations made it' },
    ]);
  });
});
