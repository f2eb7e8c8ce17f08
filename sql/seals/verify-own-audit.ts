/** Verifies our own audit against its log of seals, and reads the checkpoints that witnesses hold. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SqlClient } from '../client.ts';
import type { LogName } from './log.ts';
import { splitNotes, type Verifier } from './note.ts';
import { ownAuditTree } from './seal-own-audit.ts';
import { verifyLog, type LogReport } from './verify-log.ts';

/** The log of our own audit, checked; each batch is compared with the rows of its time. `given`: more checkpoints. */
export async function verifyOwnAudit(
  {
    client,
    data_dir,
    on_progress,
  }: {
    readonly client: SqlClient;
    readonly data_dir: string;
    readonly on_progress: (line: string) => void;
  },
  own: Verifier,
  given: readonly string[],
): Promise<LogReport> {
  const witnesses = [...(await witnessed(data_dir, 'own_audit')), ...given];
  const log = await verifyLog(client, 'own_audit', own, witnesses, on_progress);
  let at = 0;
  for (const head of log.own_audit) {
    const tree = await ownAuditTree(client, head.from, head.to);
    const when = new Date(head.to).toISOString();
    if (head.from !== at) {
      const detail = `the batch to ${when} does not begin where the one before ended`;
      log.findings.push({ kind: 'chain_broken', load_seq: 0, detail });
    }
    at = head.to;
    if (tree.root === head.root && tree.tree_size === head.tree_size) continue;
    const detail = `the batch to ${when}: ${head.tree_size} rows were sealed, ${tree.tree_size} are there`;
    log.findings.push({ kind: 'own_audit_differs', load_seq: 0, detail });
  }
  return log;
}

/** The checkpoints in `witness/` of this data directory. */
export async function witnessed(data_dir: string, log_name: LogName): Promise<string[]> {
  const suffix = log_name === 'events' ? '' : `.${log_name}`;
  const texts = await Promise.all(
    ['checkpoint', 'checkpoints'].map((name) =>
      readFile(join(data_dir, 'witness', `${name}${suffix}`), 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
        throw error;
      }),
    ),
  );
  return [...new Set(texts.flatMap(splitNotes))];
}
