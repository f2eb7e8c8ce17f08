/** The watchers watched: every look by our own users is on disk before it is given. */
import { recordOwnAudit, type OwnAuditEntry } from '#sql/own-audit.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

/** One look. `subject_ids` and `detail` hold opaque ids and filter names, never an identifier of a patient. */
export interface Look {
  readonly action: OwnAuditEntry['action'];
  readonly subject_kind: string;
  readonly subject_ids?: readonly string[];
  readonly detail?: string;
}

/**
 * Writes the look to `own_audit`, and returns once it is committed and fsynced.
 *
 * @throws CodedError OWN_AUDIT_FAILED, whereupon nothing may be shown
 */
export async function recordLook(
  services: Services,
  viewer: Viewer | undefined,
  route: string,
  look: Look,
): Promise<void> {
  await recordOwnAudit(services.own_audit, services.clock, {
    user_id: viewer?.user_id ?? '',
    role: viewer?.role ?? '',
    organisation_codes: viewer?.organisation_codes ?? [],
    route,
    subject_ids: [],
    detail: '',
    ...look,
  });
}
