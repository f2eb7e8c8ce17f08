/** Own audit: what our own users and administrators look at, recorded before they see it. */
import { randomUUID } from 'node:crypto';
import type { SqlClient } from './client.ts';
import type { Clock } from './clock.ts';
import type { Command } from './control.ts';
import { CodedError } from './errors.ts';
import { loadStatement } from './statement.ts';

/** One look. `subject_ids` are opaque ids; `detail` is a filter or a statement, and may hold what it searched for. */
export interface OwnAuditEntry {
  readonly user_id: string;
  readonly role: string;
  readonly organisation_codes: readonly string[];
  readonly action: 'view' | 'list' | 'export' | 'sign_in' | 'sign_out' | 'refused' | 'command';
  readonly route: string;
  readonly subject_kind: string;
  readonly subject_ids: readonly string[];
  readonly detail: string;
}

/**
 * Records the look and returns once it is on disk.
 *
 * @throws CodedError OWN_AUDIT_FAILED; what was to be shown must then not be shown
 */
export async function recordOwnAudit(
  client: SqlClient,
  clock: Clock,
  entry: OwnAuditEntry,
): Promise<void> {
  try {
    await client.insertSelect(loadStatement('sql/queries/record_own_audit.sql'), {
      at: clock.now(),
      audit_id: randomUUID(),
      ...entry,
    });
  } catch (cause) {
    throw new CodedError(
      'OWN_AUDIT_FAILED',
      'What you asked for is not shown, since the record of your asking could not be written. Try again, or tell the administrator.',
      { cause },
    );
  }
}

/**
 * The command, recorded with its arguments before it begins, whether or not it is then refused.
 *
 * @param route as it is typed, e.g. `npm run sql`
 */
export function auditedCommand(
  client: SqlClient,
  clock: Clock,
  route: string,
  command: Command,
): Command {
  return async (args, to) => {
    await recordOwnAudit(client, clock, {
      user_id: '',
      role: 'administrator',
      organisation_codes: [],
      action: 'command',
      route,
      subject_kind: 'command',
      subject_ids: [],
      detail: args.join(' '),
    });
    return command(args, to);
  };
}
