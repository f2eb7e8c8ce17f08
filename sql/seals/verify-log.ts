/** Checks a log of seals by itself: its chain, its tree, its signatures, and what witnesses have seen of it. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import type { Finding, FindingKind } from './findings.ts';
import { headHash, parseHead, type ErasureHead, type Head, type OwnAuditHead } from './head.ts';
import { originOf, type LogName } from './log.ts';
import { append, empty_frontier, frontierRoot, type Frontier } from './merkle.ts';
import {
  openNote,
  parseCheckpoint,
  parseVerifier,
  type Checkpoint,
  type Verifier,
} from './note.ts';

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);
const page_entries = 2_000;
/** Of each kind; a log that was rewritten from its first entry on would otherwise fill memory with findings. */
export const findings_max = 1_000;

export interface LogReport {
  readonly findings: Finding[];
  readonly entries: number;
  /** The last checkpoint; empty for a log without entries. */
  readonly checkpoint: string;
  /** The first load that was sealed before it was committed, and the highest that has a head; 0 where none has. */
  readonly first_load: number;
  readonly last_load: number;
  readonly erasures: ErasureHead[];
  readonly own_audit: OwnAuditHead[];
  readonly verifiers: Verifier[];
}

/**
 * Reads a log from its first entry on.
 *
 * @param own the key of this data directory: the log has to name it last
 * @param witnesses signed checkpoints that were seen before the log is read
 */
export async function verifyLog(
  client: SqlClient,
  log_name: LogName,
  own: Verifier,
  witnesses: readonly string[],
  on_progress: (line: string) => void,
): Promise<LogReport> {
  const check = createLogCheck(originOf(own.name, log_name));
  const [extent] = await client.rows<{ entries: string; size: string }>(query('log_extent'), {
    log: log_name,
  });
  const size = Number(extent?.size ?? 0);
  for (let from = 0; from < size; from += page_entries) {
    const to = Math.min(from + page_entries, size);
    const rows = await client.rows<EntryRow>(
      query('log_entries'),
      { log: log_name, from, to },
      { limits: 'analysis' },
    );
    for (const row of rows) check.take(row);
    if (size > page_entries) on_progress(`seals: ${to} of ${size}`);
  }
  return check.finish(own, witnesses);
}

interface EntryRow {
  readonly entry_index: string;
  readonly kind: string;
  readonly load_seq: string;
  readonly head: string;
  readonly checkpoint: string;
}

function createLogCheck(origin: string) {
  const findings: Finding[] = [];
  const verifiers: Verifier[] = [];
  const erasures: ErasureHead[] = [];
  const own_audit: OwnAuditHead[] = [];
  /** Root by size, so that any earlier checkpoint can be looked up: 32 bytes an entry. */
  const roots: Buffer[] = [];
  let frontier: Frontier = empty_frontier;
  let previous = '';
  let in_force: Verifier | undefined;
  let [first_load, last_load] = [0, 0];
  let checkpoint = '';

  function found(kind: FindingKind, load_seq: number, detail: string): void {
    if (findings.length < findings_max) findings.push({ kind, load_seq, detail });
  }

  function take(row: EntryRow): void {
    const index = Number(row.entry_index);
    const load_seq = Number(row.load_seq);
    if (index !== frontier.size) {
      const what = index < frontier.size ? 'stands twice' : `follows entry ${frontier.size - 1}`;
      found('chain_broken', load_seq, `entry ${index} ${what}`);
    }
    const head = parseHead(row.head);
    if (!head || !agrees(head, row, origin, index, previous)) {
      found('chain_broken', load_seq, `entry ${index} is not the one that followed the one before`);
    }
    const hash = headHash(row.head);
    frontier = append(frontier, hash);
    previous = hash.toString('hex');
    const root = frontierRoot(frontier);
    roots.push(root);
    checkpoint = row.checkpoint;
    const signers = head?.kind === 'key' ? keysOf(head, load_seq, index) : [];
    if (head?.kind === 'load' || head?.kind === 'reference') {
      // An attempt that did not end can have sealed the load before; it is finished before any other begins. A load that
      // is older than the seals may be sealed at any time, once.
      const is_out_of_order = head.is_late
        ? first_load !== 0 && load_seq >= first_load
        : load_seq < last_load;
      if (is_out_of_order)
        found('chain_broken', load_seq, `entry ${index} seals a load again, after later ones`);
      if (first_load === 0 && !head.is_late) first_load = load_seq;
      last_load = Math.max(last_load, load_seq);
    }
    if (head?.kind === 'erasure') erasures.push(head);
    if (head?.kind === 'own_audit') own_audit.push(head);
    const needed = signers.length > 0 ? signers : in_force ? [in_force] : [];
    const opened = openNote(row.checkpoint, needed);
    const said = opened && parseCheckpoint(opened.text);
    if (!opened || !said || opened.signed_by.length < needed.length) {
      found('signature_invalid', load_seq, `the checkpoint of entry ${index}`);
    } else if (said.origin !== origin || said.size !== frontier.size || !said.root.equals(root)) {
      found('chain_broken', load_seq, `the checkpoint of entry ${index} is of another log`);
    }
  }

  /** The keys that have to sign a checkpoint over a head which names a key. */
  function keysOf(head: Head & { kind: 'key' }, load_seq: number, index: number): Verifier[] {
    const named = parseVerifier(head.vkey);
    if (!named) {
      found('chain_broken', load_seq, `entry ${index} names no key`);
      return [];
    }
    const before = in_force;
    in_force = named;
    verifiers.push(named);
    if (head.previous_vkey !== (before?.vkey ?? ''))
      found('chain_broken', load_seq, `entry ${index} follows another key`);
    if (!before) return [named];
    if (!head.is_endorsed) {
      found(
        'key_replaced',
        load_seq,
        `entry ${index} names a key that the one before did not sign`,
      );
      return [named];
    }
    return [before, named];
  }

  function checkWitness(note: string, own: Verifier): void {
    const opened = openNote(note, [...verifiers, own]);
    const seen = opened && parseCheckpoint(opened.text);
    if (!seen) {
      found('rolled_back', 0, 'a witness holds a checkpoint that no key of the log has signed');
    } else if (seen.origin !== origin) {
      found('rolled_back', 0, 'a witness holds a checkpoint of another log');
    } else if (!isSeen(seen, roots)) {
      const what =
        seen.size > roots.length
          ? `a witness has seen ${seen.size} entries, and ${roots.length} are here`
          : `a witness has seen other entries among the first ${seen.size}`;
      found('rolled_back', seen.size > roots.length ? last_load + 1 : 0, what);
    }
  }

  return {
    take,
    finish(own: Verifier, witnesses: readonly string[]): LogReport {
      for (const note of witnesses) checkWitness(note, own);
      if (in_force && in_force.vkey !== own.vkey)
        found('key_replaced', 0, 'the key that the log names last is not that of seal.key');
      const entries = roots.length;
      const lists = { findings, erasures, own_audit, verifiers };
      return { ...lists, entries, checkpoint, first_load, last_load };
    },
  };
}

function agrees(
  head: Head,
  row: EntryRow,
  origin: string,
  index: number,
  previous: string,
): boolean {
  const load_seq = 'load_seq' in head ? head.load_seq : 0;
  return (
    head.log === origin &&
    head.index === index &&
    head.previous === previous &&
    head.kind === row.kind &&
    load_seq === Number(row.load_seq)
  );
}

function isSeen({ size, root }: Checkpoint, roots: readonly Buffer[]): boolean {
  return size === 0 || roots[size - 1]?.equals(root) === true;
}
