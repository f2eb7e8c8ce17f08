/** Seals our own audit in batches: what our own users looked at is as hard to change as what they looked at. */
import type { SqlClient } from '../client.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { loadStatement } from '../statement.ts';
import { parseHead } from './head.ts';
import { openSealLog, type SealLog } from './log.ts';

/** A look is written before it is answered, within 15 s at most; after this long no earlier one can still come. */
const grace_ms = 60_000;
const pause_ms = 60_000;
/** Of one batch: its leaves are in memory while its tree is built. */
const batch_rows_max = 100_000;

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);

/** Seals what has come since the last batch and is old enough. Returns how many rows. */
export async function sealOwnAudit(
  client: SqlClient,
  seals: SealLog,
  clock: Clock,
  grace = grace_ms,
): Promise<number> {
  const [row] = await client.rows<{ head: string }>(query('last_own_audit_head'));
  const last = row && parseHead(row.head);
  const from = last?.kind === 'own_audit' ? last.to : 0;
  const [cut] = await client.rows<{ to: string; rows: number }>(
    query('own_audit_cut'),
    { from, to: clock.now() - grace, rows_max: batch_rows_max },
    { limits: 'load' },
  );
  const to = Number(cut?.to ?? 0);
  if (!cut || cut.rows === 0 || to <= from) return 0;
  const tree = await ownAuditTree(client, from, to);
  if (tree.tree_size === 0) return 0;
  await seals.append({ kind: 'own_audit', from, to, leaf_version: 1, ...tree });
  return tree.tree_size;
}

/** The tree over our own audit in [from, to), epoch milliseconds. */
export async function ownAuditTree(
  client: SqlClient,
  from: number,
  to: number,
): Promise<{ tree_size: number; root: string }> {
  const [tree] = await client.rows<{ tree_size: number; root: string }>(
    query('own_audit_tree'),
    { from, to },
    { limits: 'load' },
  );
  if (!tree) throw new TypeError('An aggregate without a row.');
  return tree;
}

/** Seals our own audit once a minute, until it is closed; what is then too young is sealed at the next start. */
export function startOwnAuditSeals(options: {
  readonly client: SqlClient;
  readonly clock: Clock;
  readonly data_dir: string;
  readonly log: Logger;
}): { close(): Promise<void> } {
  const { client, clock, log } = options;
  const seals = openSealLog({ ...options, log_name: 'own_audit' });
  let running: Promise<unknown> = Promise.resolve();
  const seal = () => {
    running = running
      .then(async () => {
        while ((await sealOwnAudit(client, seals, clock)) >= batch_rows_max);
      })
      .catch((error: unknown) => {
        log.error(
          { code: 'OWN_AUDIT_NOT_SEALED', detail: messageOf(error) },
          'our own audit is sealed with the next batch',
        );
      });
  };
  seal();
  const timer = setInterval(seal, pause_ms);
  return {
    async close() {
      clearInterval(timer);
      await running;
      await seals.close();
    },
  };
}
