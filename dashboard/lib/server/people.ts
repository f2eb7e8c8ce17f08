/** Users: who signs in by which provider, written down the first time and whenever what is known of them changes. */
import { loadStatement } from '#sql/statement.ts';
import type { Role } from './roles.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

/** The administrator of this machine: whoever can read its terminal. */
export function localAdministrator(): Viewer {
  return {
    user_id: 'administrator',
    name: 'Administrator of this machine',
    role: 'administrator',
    organisation_codes: [],
  };
}

/** Stores `user` when it is new or has changed. */
export async function keepUser(
  services: Services,
  user: Viewer,
  changed_by: string,
): Promise<void> {
  const [known] = await services.people.rows<{
    version: number;
    name: string;
    role: Role;
    organisation_codes: string[];
    is_ended: boolean;
  }>(loadStatement('dashboard/queries/people/user.sql'), { user_id: user.user_id });
  const is_same =
    known !== undefined &&
    !known.is_ended &&
    known.name === user.name &&
    known.role === user.role &&
    known.organisation_codes.join() === user.organisation_codes.join();
  if (is_same) return;
  await services.people.insert('user_versions', [
    {
      user_id: user.user_id,
      name: user.name,
      role: user.role,
      organisation_codes: user.organisation_codes,
      version: (known?.version ?? 0) + 1,
      subject: user.user_id,
      is_ended: false,
      changed_at: services.clock.now(),
      changed_by,
    },
  ]);
}
