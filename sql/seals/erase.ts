/** Lawful erasure: rows go for good, with their salts, and everything around them stays provable. */
import type { SqlClient } from '../client.ts';
import type { Clock } from '../clock.ts';
import { CodedError } from '../errors.ts';
import { takeLoadTurn } from '../load-turn.ts';
import { loadStatement } from '../statement.ts';
import { parseHead, type ErasureHead } from './head.ts';
import type { SealLog } from './log.ts';
import { sealLoad } from './seal-load.ts';
import { erasureRoot, type ErasedRowOf } from './verify-erasures.ts';

/** What is to be erased, and who decided it. Whether it may be, under holds and open cases, is the caller's to know. */
export interface Erasure {
  /** Unique; the same again goes on where it was cut short. */
  readonly erasure_id: string;
  readonly events: readonly { readonly load_seq: number; readonly segment_position: number }[];
  /** Why it is lawful. It stays for good, so it names no patient. */
  readonly reason: string;
  readonly people: readonly [string, string];
}

export interface EraseContext {
  readonly client: SqlClient;
  readonly clock: Clock;
  readonly seals: SealLog;
  /** Names a step; a test makes one of them fail by throwing here. */
  readonly fault?: (step: string) => void;
}

/** A record is read whole when it is verified, and its ids are bound to one statement. */
const events_max = 10_000;
const mutation_polls_max = 3_000;
const mutation_pause_ms = 200;

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);

/**
 * Erases events. Returns how many.
 *
 * First the record: the leaves that will stand in their place, and a signed head that commits to them. Then the bytes
 * of their messages, what was refused under their ids, and the rows. Last a row in the ledger, a load without events on
 * the days of the erased, which makes roll-ups and detectors take those days up again. Their keys stay, so that an
 * erased event that is sent again is known. Cut short at any step it is finished by `finishErasures`.
 *
 * @throws CodedError ERASURE_INVALID, ERASURE_EVENTS_MISSING, ERASURE_MUST_WAIT, ERASURE_NOT_DELETED
 */
export async function eraseEvents(context: EraseContext, erasure: Erasure): Promise<number> {
  const { client, clock, seals, fault = () => {} } = context;
  checkErasure(erasure);
  const { erasure_id, events, reason, people } = erasure;
  const known = (await recorded(client)).find(({ head }) => head.erasure_id === erasure_id);
  if (known) return known.is_done ? known.head.rows : finish(context, known.head);
  const named = {
    erasure_id,
    loads: events.map(({ load_seq }) => load_seq),
    positions: events.map(({ segment_position }) => segment_position),
  };
  const [there] = await client.rows<{ events: number }>(query('count_to_erase'), named);
  if (there?.events !== events.length) {
    throw new CodedError(
      'ERASURE_EVENTS_MISSING',
      `${events.length} events were named, and ${there?.events ?? 0} of them are stored and not erased already. Nothing is erased.`,
    );
  }
  await client.insertSelect(query('record_erased'), named);
  await client.syncTables(['erased_events']);
  fault('erase.recorded');
  const rows = await erasedRows(client, erasure_id);
  if (rows.length !== events.length) {
    throw new CodedError(
      'ERASURE_EVENTS_MISSING',
      `An attempt under ${erasure_id} named other events. Nothing is erased; take another erasure_id.`,
    );
  }
  const head: ErasureHead = {
    kind: 'erasure',
    erasure_id,
    reason,
    people,
    at: clock.now(),
    rows: rows.length,
    root: erasureRoot(rows),
  };
  await seals.append(head);
  fault('erase.sealed');
  return finish(context, head);
}

/** Finishes the erasures whose record is signed and whose rows may still be there. Returns how many. */
export async function finishErasures(context: EraseContext): Promise<number> {
  const open = (await recorded(context.client)).filter(({ is_done }) => !is_done);
  for (const { head } of open) await finish(context, head);
  return open.length;
}

async function finish(context: EraseContext, head: ErasureHead): Promise<number> {
  const { client, clock, fault = () => {} } = context;
  const { erasure_id } = head;
  // Messages and refusals first: once the rows are gone nobody would look for them.
  for (const [table, statement] of [
    ['original_messages', 'delete_erased_messages'],
    ['ingest_rejects', 'delete_erased_rejects'],
    ['access_events', 'delete_erased_events'],
  ] as const) {
    await client.command(query(statement), { erasure_id });
    await mutated(client, table);
    fault(`erase.${table}`);
  }
  const rows = await erasedRows(client, erasure_id);
  const days = [...new Set(rows.map(({ day }) => day))];
  await takeLoadTurn(() => enterLedger(context, erasure_id, days));
  fault('erase.ledger');
  await client.insert('erasure_steps', [
    {
      erasure_id,
      step: 'done',
      reason: head.reason,
      people: head.people,
      rows: head.rows,
      at: clock.now(),
    },
  ]);
  return head.rows;
}

/** The load without events that tells everybody else which days have changed. */
async function enterLedger(
  { client, clock, seals }: EraseContext,
  erasure_id: string,
  days: readonly string[],
): Promise<void> {
  const segment_id = `erasure:${erasure_id}`;
  const [known] = await client.rows<{ loads: number }>(query('erasure_load'), { segment_id });
  if (known && known.loads > 0) return;
  const [next] = await client.rows<{ load_seq: string; is_open: number }>(query('next_load'));
  if (!next || Number(next.is_open) === 1) {
    throw new CodedError(
      'ERASURE_MUST_WAIT',
      'The rows are erased. A load is unfinished; once it is, finish the erasure by asking for it again.',
    );
  }
  const load_seq = Number(next.load_seq);
  const counts = { received: 0, stored: 0, duplicates: 0, conflicts: 0, rejects: 0 };
  const effects = { superseded: 0, resolved: 0 };
  const loaded = { load_seq, segment_id, loaded_at: clock.now(), ...counts };
  const seal = await sealLoad(
    { client, seals },
    { ...loaded, segment_digest: '', effects, days: [] },
  );
  const ours = { format_version: 0, fencing_token: 0, sources: [], bytes: 0, digest: '' };
  await client.insert('segments', [{ ...loaded, ...ours, days, ...seal }]);
  await client.syncTables(['segments']);
}

async function recorded(client: SqlClient): Promise<{ head: ErasureHead; is_done: boolean }[]> {
  const rows = await client.rows<{ head: string; is_done: number }>(query('erasure_heads'));
  return rows.flatMap(({ head: text, is_done }) => {
    const head = parseHead(text);
    return head?.kind === 'erasure' ? [{ head, is_done: Number(is_done) === 1 }] : [];
  });
}

async function erasedRows(client: SqlClient, erasure_id: string) {
  const rows = await client.rows<ErasedRowOf>(query('erased_rows'), { erasure_id });
  return rows.map((row) => ({ ...row, load_seq: Number(row.load_seq) }));
}

/** Waits until no deletion of the table is under way: the engine carries them out behind the statement. */
async function mutated(client: SqlClient, table: string): Promise<void> {
  for (let poll = 0; poll < mutation_polls_max; poll++) {
    const [left] = await client.rows<{ mutations: number; has_failed: number }>(
      query('mutations_left'),
      { table },
    );
    if (!left || left.mutations === 0) return;
    if (Number(left.has_failed) === 1) break;
    await new Promise((resolve) => setTimeout(resolve, mutation_pause_ms));
  }
  throw new CodedError(
    'ERASURE_NOT_DELETED',
    `The engine has not deleted from ${table} yet. The record stands; ask for the erasure again to finish it.`,
  );
}

function checkErasure({ erasure_id, events, reason, people }: Erasure): void {
  const is_valid =
    /^[A-Za-z0-9_.-]{1,64}$/.test(erasure_id) &&
    events.length > 0 &&
    events.length <= events_max &&
    reason.trim() !== '' &&
    people.every((person) => person.trim() !== '') &&
    people[0] !== people[1];
  if (is_valid) return;
  throw new CodedError(
    'ERASURE_INVALID',
    `An erasure has an id of letters and digits, from 1 to ${events_max} events, a reason, and two people.`,
  );
}
