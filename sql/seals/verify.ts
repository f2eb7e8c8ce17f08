/** Verification: the store, row by row, against the seals, and the seals against what witnesses have seen. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import { verifyEffects } from './effects.ts';
import { verifyErasures } from './verify-erasures.ts';
import { treeFinding, type Finding, type FindingKind } from './findings.ts';
import { parseHead, type Head } from './head.ts';
import { readKey } from './key.ts';
import { originOf } from './log.ts';
import { verifyOriginals } from './originals.ts';
import { empty_tree, loadTrees, type StoredTree } from './trees.ts';
import { findings_max, verifyLog, type LogReport } from './verify-log.ts';
import { verifyOwnAudit, witnessed } from './verify-own-audit.ts';
import { verifyDerived } from './verify-ledger.ts';
import { verifySchema } from './verify-schema.ts';
import { splitNotes } from './note.ts';

/** Loads are verified in batches of about so many rows, of some 150 bytes each while their trees are built. */
const batch_rows = 2_000_000;
const batch_loads = 20_000;

export interface VerifyOptions {
  readonly client: SqlClient;
  readonly data_dir: string;
  /** Only the loads from this number on, and to this number; the seals themselves are always verified whole. */
  readonly from?: number;
  readonly to?: number;
  /** Checkpoints that somebody else kept, beside those of `witness/`: notes, one after another. */
  readonly witness?: string;
  readonly on_progress: (line: string) => void;
}

/** What was verified, and what was found. */
export interface VerifyReport {
  readonly is_intact: boolean;
  readonly loads: number;
  readonly events: number;
  readonly reference_loads: number;
  readonly seals: number;
  /** Committed before there were seals, and never sealed since. */
  readonly not_sealed: number[];
  /** Sealed only some time after they were committed. */
  readonly sealed_late: number;
  readonly erased: {
    readonly erasure_id: string;
    readonly rows: number;
    readonly people: readonly string[];
  }[];
  readonly own_audit_batches: number;
  /** The lowest load of a finding; null where there is none about a load. */
  readonly first_load_that_differs: number | null;
  readonly findings: Finding[];
  readonly checkpoint: string;
}

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);

/**
 * Verifies everything that was committed when it began. Loads that are committed meanwhile do not disturb it.
 *
 * @throws CodedError SEAL_KEY_INVALID
 */
export async function verifyStore(options: VerifyOptions): Promise<VerifyReport> {
  const { client, data_dir, on_progress } = options;
  const own = (await readKey(data_dir)).verifier;
  // In this order: what a witness has seen, and what was committed, was sealed before.
  const given = splitNotes(options.witness ?? '');
  const is_of_own_audit = (note: string) => note.startsWith(`${originOf(own.name, 'own_audit')}\n`);
  const witnesses = [
    ...(await witnessed(data_dir, 'events')),
    ...given.filter((note) => !is_of_own_audit(note)),
  ];
  const bound = await committedBound(client);
  const log = await verifyLog(client, 'events', own, witnesses, on_progress);
  const findings = [...(await verifySchema(client)), ...log.findings];
  const range = { from: options.from ?? 1, to: Math.min(options.to ?? bound, bound) };
  const totals = { loads: 0, events: 0, reference_loads: 0, sealed_late: 0 };
  const not_sealed: number[] = [];
  for (let after = range.from - 1; after < range.to;) {
    const batch = await readBatch(client, after, range.to);
    const { from_load_seq, to_load_seq, heads } = batch;
    const loads = { from_load_seq, to_load_seq };
    const trees = await loadTrees(client, loads);
    checkBatch(batch, trees, log, { findings, not_sealed, totals });
    const in_ledger = new Set(batch.ledger.map(({ load_seq }) => Number(load_seq)));
    const isUnsealed = (load_seq: number) => in_ledger.has(load_seq) && !heads.has(load_seq);
    findings.push(...(await verifyEffects(client, loads, heads, isUnsealed)));
    findings.push(...(await verifyOriginals(client, loads, heads)));
    findings.push(...(await verifyDerived(client, loads, heads)));
    after = batch.to_load_seq;
    on_progress(`loads: ${after} of ${range.to}, ${totals.events} events`);
  }
  findings.push(...(await findBeyond(client, log, bound)));
  findings.push(...(await verifyErasures(client, log.erasures, log.entries)));
  const own_audit = await verifyOwnAudit(options, own, given.filter(is_of_own_audit));
  findings.push(...own_audit.findings);
  const ordered = findings.slice(0, findings_max);
  const loads = ordered.map(({ load_seq }) => load_seq).filter((load_seq) => load_seq > 0);
  return {
    is_intact: findings.length === 0,
    ...totals,
    seals: log.entries,
    not_sealed,
    erased: log.erasures.map(({ erasure_id, rows, people }) => ({ erasure_id, rows, people })),
    own_audit_batches: own_audit.own_audit.length,
    first_load_that_differs: loads.length > 0 ? Math.min(...loads) : null,
    findings: ordered,
    checkpoint: log.checkpoint,
  };
}

/** A ledger's row of a load of events, as its head should say it. */
interface LedgerRow {
  readonly load_seq: string;
  readonly segment_id: string;
  readonly segment_digest: string;
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejects: number;
  readonly loaded_at: string;
  readonly root: string;
}

interface Batch {
  readonly from_load_seq: number;
  readonly to_load_seq: number;
  readonly ledger: LedgerRow[];
  readonly references: (Record<string, unknown> & { readonly load_seq: string })[];
  /** The last head of each load. */
  readonly heads: Map<number, Head>;
}

/** The next loads after `after`, as many as a batch may hold. */
async function readBatch(client: SqlClient, after: number, bound: number): Promise<Batch> {
  const analysis = { limits: 'analysis' } as const;
  const page = await client.rows<LedgerRow>(
    query('ledger_page'),
    { after, to_load_seq: bound, rows_max: batch_loads },
    analysis,
  );
  let rows = 0;
  let taken = 0;
  for (const { stored } of page) {
    if (taken > 0 && rows + stored > batch_rows) break;
    rows += stored;
    taken += 1;
  }
  const ledger = page.slice(0, taken);
  // Past the last row of a page that was not cut there are loads of reference data only.
  const is_last = taken === page.length && page.length < batch_loads;
  const to_load_seq = is_last ? bound : Number(ledger.at(-1)?.load_seq ?? bound);
  const range = { from_load_seq: after + 1, to_load_seq };
  const heads = await client.rows<{ load_seq: string; head: string }>(
    query('heads_of_loads'),
    range,
    analysis,
  );
  return {
    ...range,
    ledger,
    references: await client.rows(query('reference_ledger'), range, analysis),
    heads: new Map(
      heads.flatMap(({ load_seq, head }): [number, Head][] => {
        const parsed = parseHead(head);
        return parsed ? [[Number(load_seq), parsed]] : [];
      }),
    ),
  };
}

interface Results {
  readonly findings: Finding[];
  readonly not_sealed: number[];
  readonly totals: { loads: number; events: number; reference_loads: number; sealed_late: number };
}

function checkBatch(
  batch: Batch,
  trees: ReadonlyMap<number, StoredTree>,
  log: LogReport,
  { findings, not_sealed, totals }: Results,
): void {
  const found = (kind: FindingKind, load_seq: number, detail: string) =>
    void findings.push({ kind, load_seq, detail });
  const known = new Set<number>();
  for (const row of [...batch.ledger, ...batch.references]) {
    const load_seq = Number(row.load_seq);
    const is_events = 'stored' in row;
    if (known.has(load_seq)) found('ledger_differs', load_seq, 'the ledger has the load twice');
    known.add(load_seq);
    const head = batch.heads.get(load_seq);
    if (!head) {
      // Before the first seal there was no sealing; from then on each load was sealed before it was committed.
      if (log.first_load === 0 || load_seq < log.first_load) not_sealed.push(load_seq);
      else found('seal_removed', load_seq, 'the load is in the ledger, and no head is of it');
      continue;
    }
    totals[is_events ? 'loads' : 'reference_loads'] += 1;
    const other = fieldsThatDiffer(head, row);
    if (head.kind !== (is_events ? 'load' : 'reference')) {
      found('ledger_differs', load_seq, 'the head is of a load of another kind');
    } else if (other.length > 0) {
      found('ledger_differs', load_seq, other.join(', '));
    }
    if (head.kind !== 'load') {
      const stray = trees.get(load_seq);
      if (stray) found('added', load_seq, `${stray.tree_size} rows under a load without events`);
      continue;
    }
    if (head.is_late) totals.sealed_late += 1;
    totals.events += head.tree_size;
    const tree = trees.get(load_seq);
    const finding = treeFinding(head, tree ?? empty_tree);
    if (finding) findings.push(finding);
    else if (tree && tree.misdated > 0)
      found('edited', load_seq, `${tree.misdated} rows stand under another day than theirs`);
  }
  for (const load_seq of batch.heads.keys()) {
    if (!known.has(load_seq))
      found('load_removed', load_seq, 'a head is of it, and no row of the ledger');
  }
  for (const [load_seq, { tree_size }] of trees) {
    if (!known.has(load_seq))
      found('added', load_seq, `${tree_size} rows under a load that is in no ledger`);
  }
}

/** The fields of a ledger's row that its head has otherwise. */
function fieldsThatDiffer(head: Head, row: object): string[] {
  const said = head as unknown as Record<string, unknown>;
  // A late seal came after the row, which keeps an empty root, for rows of the ledger are never changed.
  const skipped = 'is_late' in head && head.is_late ? ['root'] : [];
  return Object.entries(row)
    .filter(([name, value]) => !skipped.includes(name) && String(said[name]) !== String(value))
    .map(([name]) => name);
}

async function committedBound(client: SqlClient): Promise<number> {
  const [row] = await client.rows<{ load_seq: string }>(query('committed_bound'));
  return Number(row?.load_seq ?? 0);
}

/** What lies past the committed loads: at most one load that is under way may have a head there. */
async function findBeyond(client: SqlClient, log: LogReport, bound: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (log.last_load > bound) {
    const now = await committedBound(client);
    const range = { from_load_seq: now + 1, to_load_seq: log.last_load };
    const heads = await client.rows<{ load_seq: string }>(query('heads_of_loads'), range);
    const loads = [...new Set(heads.map(({ load_seq }) => Number(load_seq)))].sort((a, b) => a - b);
    for (const load_seq of loads.slice(0, -1))
      findings.push({
        kind: 'load_removed',
        load_seq,
        detail: 'a head is of it, and no row of the ledger',
      });
  }
  const beyond = () =>
    client.rows<{ rows: string; first_load_seq: string }>(query('rows_beyond'), {
      to_load_seq: bound,
    });
  // A load that begins between the two halves of the question is no stray; it is not one the second time.
  let [stray] = await beyond();
  if (Number(stray?.rows ?? 0) > 0) [stray] = await beyond();
  if (stray && Number(stray.rows) > 0) {
    const detail = `${stray.rows} rows under numbers that no load was given`;
    findings.push({ kind: 'added', load_seq: Number(stray.first_load_seq), detail });
  }
  return findings;
}
