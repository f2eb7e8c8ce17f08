/** A log of seals: heads appended one by one, chained, gathered in a Merkle tree, and signed. */
import type { SqlClient } from '../client.ts';
import type { Clock } from '../clock.ts';
import { CodedError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { loadStatement } from '../statement.ts';
import { encodeHead, headHash, parseHead, type HeadBody, type SealedHead } from './head.ts';
import { dropOldKey, publishVerifier, readKey, readOldKey, replaceKey } from './key.ts';
import { append, empty_frontier, frontierRoot, type Frontier } from './merkle.ts';
import { checkpointText, signNote, type Signer } from './note.ts';
import { openWitness, type Witness } from './witness.ts';

/** `events` seals what is loaded, `own_audit` what our own users looked at. */
export type LogName = 'events' | 'own_audit';

export interface SealLogOptions {
  readonly client: SqlClient;
  readonly clock: Clock;
  /** Holds `seal.key` and `witness/`. */
  readonly data_dir: string;
  readonly log_name: LogName;
  readonly log: Logger;
}

/** An entry as it is in the log. */
export interface Appended {
  readonly index: number;
  readonly head: SealedHead;
  /** The signed checkpoint over the log with this entry. */
  readonly checkpoint: string;
}

export interface SealLog {
  /** Appends a head, signed. Returns once it is on disk; the witness follows within a second. */
  append(body: HeadBody): Promise<Appended>;
  /** The highest number of a load that has a head. */
  lastLoad(): Promise<number>;
  /** Reads the key anew, and names it where the log names another. */
  takeKey(): Promise<void>;
  /** Forgets where the log stands: another process may have appended to it. */
  forget(): void;
  /** Writes what the witness does not have yet. */
  close(): Promise<void>;
}

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);

/** The frontier is kept on one entry in so many: it is hundreds of bytes, and what follows is read in a moment. */
const frontier_every = 256;

/** Where a log stands. */
interface State {
  readonly frontier: Frontier;
  /** Leaf hash of the last head, hex. */
  readonly previous: string;
  /** The key that signs now; empty for a log without entries. */
  readonly vkey: string;
  readonly last_load: number;
}

/** What all users of one log in this process share: two who append at once would sign two logs. */
interface Shared {
  queue: Promise<unknown>;
  state: State | undefined;
  /** False until an entry was seen in its place, and after a failure: then nobody knows whose row is there. */
  is_certain: boolean;
  signer: Signer | undefined;
  witness: Witness;
}

const shared_by_log = new Map<string, Shared>();

/**
 * A log of the data directory. Several may be open in a process; they take turns.
 *
 * The rows of a log belong to the process whose loader holds the lease. An insert for an index that is taken is refused
 * by its token, and found out when the row is read back.
 */
export function openSealLog(options: SealLogOptions): SealLog {
  const { client, clock, data_dir, log_name, log } = options;
  const shared = sharedOf(options);

  /** One at a time; after a failure the state is read anew. */
  function inTurn<T>(work: (state: State, signer: Signer) => Promise<T>): Promise<T> {
    const turn = shared.queue.then(async () => {
      try {
        const signer = (shared.signer ??= await readKey(data_dir));
        return await work(shared.state ?? (await settle(await readState(), signer)), signer);
      } catch (error) {
        shared.state = undefined;
        shared.is_certain = false;
        shared.signer = undefined;
        throw error;
      }
    });
    shared.queue = turn.catch(() => {});
    return turn;
  }

  async function readState(): Promise<State> {
    const binds = { log: log_name };
    const rows = await client.rows<EntryRow>(query('last_entries'), binds, { limits: 'load' });
    const [key] = await client.rows<{ head: string }>(query('last_key'), binds);
    const [load] = await client.rows<{ load_seq: string }>(query('last_load'), binds);
    const named = key && parseHead(key.head);
    const last = rows.at(-1);
    if (last) shared.witness.publish(last.checkpoint);
    return {
      frontier: frontierOf(rows),
      previous: last ? headHash(last.head).toString('hex') : '',
      vkey: named?.kind === 'key' ? named.vkey : '',
      last_load: Number(load?.load_seq ?? 0),
    };
  }

  /** Names our key, where the log knows another or none. */
  async function settle(read: State, signer: Signer): Promise<State> {
    const { vkey } = signer.verifier;
    await publishVerifier(data_dir, vkey);
    if (read.vkey === vkey) return (shared.state = read);
    const named = { kind: 'key', vkey, previous_vkey: read.vkey, at: clock.now() } as const;
    const old = await readOldKey(data_dir);
    if (old && old.verifier.vkey === read.vkey) {
      await write(read, { ...named, is_endorsed: true }, [old, signer]);
    } else {
      if (read.vkey !== '') {
        log.error(
          { code: 'SEAL_KEY_REPLACED' },
          'the sealing key is not the one that the log names; it goes on with this one, and npm run verify tells of it',
        );
      }
      await write(read, { ...named, is_endorsed: read.vkey === '' }, [signer]);
    }
    if (!shared.state) throw new TypeError('An entry was written, and the log has no state.');
    return shared.state;
  }

  async function write(
    state: State,
    body: HeadBody,
    signers: readonly Signer[],
  ): Promise<Appended> {
    const origin = signers[0]?.verifier.name ?? '';
    const index = state.frontier.size;
    const frame = { log: originOf(origin, log_name), index, previous: state.previous };
    const head = encodeHead(frame, body);
    const frontier = append(state.frontier, head.hash);
    const checkpoint = signNote(
      checkpointText({ origin: frame.log, size: frontier.size, root: frontierRoot(frontier) }),
      signers,
    );
    const load_seq = 'load_seq' in body ? body.load_seq : 0;
    const keeps_frontier = index % frontier_every === 0;
    await client.insertSelect(
      query('append_entry'),
      {
        log: log_name,
        entry_index: index,
        kind: body.kind,
        load_seq,
        head: head.text,
        frontier: keeps_frontier ? frontier.hashes.map((hash) => hash.toString('hex')) : [],
        checkpoint,
        sealed_at: clock.now(),
      },
      {
        limits: 'load',
        settings: {
          insert_deduplicate: '1',
          insert_deduplication_token: `${frame.log.replaceAll('/', '.')}.${index}`,
        },
      },
    );
    await client.syncTables(['seals']);
    if (!shared.is_certain) await checkOurs(index, head);
    shared.is_certain = true;
    shared.state = {
      frontier,
      previous: head.hash.toString('hex'),
      vkey: body.kind === 'key' ? body.vkey : state.vkey,
      last_load: Math.max(state.last_load, load_seq),
    };
    shared.witness.publish(checkpoint);
    return { index, head, checkpoint };
  }

  /** After a failure an insert of ours, or of a loader before us, may have come late and taken the place. */
  async function checkOurs(index: number, head: SealedHead): Promise<void> {
    const rows = await client.rows<{ head: string }>(query('entry_at'), {
      log: log_name,
      entry_index: index,
    });
    if (rows.length === 1 && rows[0]?.head === head.text) return;
    throw new CodedError(
      'SEAL_PLACE_TAKEN',
      `Entry ${index} of the seals is another than was written. It is tried again from what is there.`,
    );
  }

  return {
    append: (body) => inTurn((state, signer) => write(state, body, [signer])),
    lastLoad: () => inTurn((state) => Promise.resolve(state.last_load)),
    async takeKey() {
      await inTurn(() => {
        shared.state = undefined;
        shared.signer = undefined;
        return Promise.resolve();
      });
      await inTurn(() => Promise.resolve());
    },
    forget() {
      shared.state = undefined;
      shared.is_certain = false;
    },
    async close() {
      await shared.queue;
      await shared.witness.flush();
    },
  };
}

/**
 * Replaces the key of a data directory. Each log names the new one in a head whose checkpoint both keys sign, so what
 * the old one signed stays as good as it was. A rotation that was cut short is ended first.
 *
 * @returns the new vkey
 */
export async function rotateKey(data_dir: string, logs: readonly SealLog[]): Promise<string> {
  const takeKey = async () => {
    for (const log of logs) await log.takeKey();
    await dropOldKey(data_dir);
  };
  if (await readOldKey(data_dir)) await takeKey();
  const next = await replaceKey(data_dir);
  await takeKey();
  return next.verifier.vkey;
}

/** The name of a log in its heads and checkpoints: that of the data directory's key, and which of its logs. */
export function originOf(key_name: string, log_name: LogName): string {
  return log_name === 'events' ? key_name : `${key_name}/${log_name}`;
}

function sharedOf({ data_dir, log_name, log }: SealLogOptions): Shared {
  const name = `${data_dir}\n${log_name}`;
  const known = shared_by_log.get(name);
  const witness = known?.witness ?? openWitness(data_dir, log_name, log);
  const unread = { state: undefined, is_certain: false, signer: undefined };
  const shared = known ?? { queue: Promise.resolve(), ...unread, witness };
  shared_by_log.set(name, shared);
  return shared;
}

interface EntryRow {
  readonly entry_index: string;
  readonly head: string;
  readonly frontier: string[];
  readonly checkpoint: string;
}

function frontierOf(rows: readonly EntryRow[]): Frontier {
  const [first, ...later] = rows;
  if (!first) return empty_frontier;
  const start: Frontier = {
    size: Number(first.entry_index) + 1,
    hashes: first.frontier.map((hash) => Buffer.from(hash, 'hex')),
  };
  return later.reduce((frontier, { head }) => append(frontier, headHash(head)), start);
}
