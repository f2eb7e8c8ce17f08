/** Compares a store with what was acknowledged: nothing lost, nothing doubled, and the ledger adds up to it. */
import { expect } from 'vitest';
import type { SqlClient } from '../../sql/client.ts';
import { parseStatement } from '../../sql/statement.ts';

/** What every sender was told is safe. `staff_names` are the names of the staff as the last load left them, if told. */
export interface Acknowledged {
  readonly event_ids: ReadonlySet<string>;
  readonly staff_names?: readonly string[];
  /** Ids that may be stored or not: their senders had no answer. */
  readonly unanswered?: ReadonlySet<string>;
}

export async function compareStore(client: SqlClient, acknowledged: Acknowledged): Promise<void> {
  const rows = (text: string) =>
    client.rows<Record<string, unknown>>(parseStatement('compare', text), undefined, {
      limits: 'analysis',
    });
  const { event_ids, unanswered = new Set() } = acknowledged;
  const stored = new Set<string>();
  const doubled: string[] = [];
  for (let from = 0; ; from += 100_000) {
    const page = await rows(
      `SELECT event_id, toUInt32(count()) AS times FROM access_events GROUP BY source, event_id
       ORDER BY source, event_id LIMIT 100000 OFFSET ${from}`,
    );
    for (const { event_id, times } of page) {
      stored.add(String(event_id));
      if (times !== 1) doubled.push(String(event_id));
    }
    if (page.length < 100_000) break;
  }
  const lost = [...event_ids].filter((id) => !stored.has(id));
  const unknown = [...stored].filter((id) => !event_ids.has(id) && !unanswered.has(id));
  const few = (ids: readonly string[]) => ({ count: ids.length, first: ids.slice(0, 5) });
  expect({ lost: few(lost), doubled: few(doubled), unknown: few(unknown) }).toEqual({
    lost: few([]),
    doubled: few([]),
    unknown: few([]),
  });
  // No row stands under the number of a load that the ledger does not have.
  const [committed] = await rows('SELECT toUInt32(count()) AS events FROM committed_events');
  expect(committed).toEqual({ events: stored.size });
  // No change of content on the way.
  const [changed] = await rows(
    "SELECT toUInt32(countIf(startsWith(reason, 'number ') AND reason != concat('number ', substring(event_id, 2)))) AS events FROM access_events",
  );
  expect(changed).toEqual({ events: 0 });
  // One number a load, one row a number, one load a segment.
  const repeated = await rows(
    `SELECT load_seq FROM (SELECT load_seq, segment_id FROM segments UNION ALL SELECT load_seq, segment_id FROM reference_loads)
     GROUP BY load_seq HAVING count() > 1
     UNION ALL
     SELECT min(load_seq) FROM (SELECT load_seq, segment_id FROM segments WHERE digest != '' UNION ALL SELECT load_seq, segment_id FROM reference_loads WHERE digest != '')
     GROUP BY segment_id HAVING count() > 1`,
  );
  expect(repeated, 'numbers or segments that stand twice in the ledgers').toEqual([]);
  const mistold = await rows(
    `SELECT toString(load_seq) AS load_seq, rows, stored FROM (
       SELECT load_seq, segment_id, count() AS rows FROM access_events GROUP BY load_seq, segment_id) AS events
     FULL OUTER JOIN (SELECT load_seq, segment_id, stored FROM segments WHERE stored > 0) AS ledger
       USING (load_seq, segment_id) WHERE rows != stored LIMIT 5`,
  );
  expect(mistold, 'loads whose row in the ledger tells another number than is stored').toEqual([]);
  const keyless = await rows(
    `SELECT toUInt32(count()) AS events FROM access_events
     WHERE (sipHash64(source, event_id), day) NOT IN (SELECT key, day FROM event_keys)`,
  );
  expect(keyless, 'events that would not be found when they come again').toEqual([{ events: 0 }]);
  const receipts = await rows(
    `SELECT receipt, toUInt32(count()) AS times FROM (SELECT DISTINCT receipt, load_seq FROM receipts)
     GROUP BY receipt, load_seq HAVING times > 1 LIMIT 5`,
  );
  expect(receipts).toEqual([]);
  const staff = await rows(
    `SELECT toUInt32(count()) AS wrong FROM (
       SELECT load_seq, uniqExact(staff_id) AS rows FROM staff_versions GROUP BY load_seq) AS stored
     LEFT JOIN (SELECT load_seq, changed FROM reference_loads) AS ledger USING (load_seq) WHERE rows > changed`,
  );
  expect(staff, 'changes of staff that no load counts').toEqual([{ wrong: 0 }]);
  if (acknowledged.staff_names) {
    const names = await rows(
      'SELECT DISTINCT name FROM staff WHERE isNull(ended_at) ORDER BY name',
    );
    expect(names.map(({ name }) => name)).toEqual(acknowledged.staff_names);
  }
}
