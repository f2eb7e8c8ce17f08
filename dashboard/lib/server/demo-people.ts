/** The identity provider of demo mode: four ready people, and the conditions under which they exist at all. */
import { loadStatement } from '#sql/statement.ts';
import type { Role } from './roles.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

export const demo_people = ['investigator', 'guardian', 'programme-lead', 'administrator'] as const;
export type DemoPerson = (typeof demo_people)[number];

const demo_roles: Record<DemoPerson, Role> = {
  investigator: 'investigator',
  guardian: 'guardian',
  'programme-lead': 'programme_lead',
  administrator: 'administrator',
};

const demo_names: Record<DemoPerson, string> = {
  investigator: 'Imogen Investigator',
  guardian: 'Gareth Guardian',
  'programme-lead': 'Priya Programme',
  administrator: 'Adam Administrator',
};

export function isDemoPerson(text: string): text is DemoPerson {
  return (demo_people as readonly string[]).includes(text);
}

/**
 * Whether the ready people may sign in: demo mode, bound to this machine alone, and not one source that ever sent
 * anything real. Asked at every sign-in and of every demo session, since a source can be added at any time.
 */
export async function isDemoOpen(services: Services): Promise<boolean> {
  if (!services.config.is_demo || !services.config.is_loopback) return false;
  const [counted] = await services.people.rows<{ sources: number }>(
    loadStatement('dashboard/queries/people/sources_not_simulated.sql'),
  );
  return counted?.sources === 0;
}

/** Who the ready people are on this data: the trust is the one with the most open alerts. */
export async function demoUser(
  services: Services,
  person: DemoPerson,
): Promise<Viewer & { organisation_name: string }> {
  const role = demo_roles[person];
  const user = { user_id: `demo-${person}`, name: demo_names[person], role };
  if (role !== 'investigator' && role !== 'guardian') {
    return { ...user, organisation_codes: [], organisation_name: '' };
  }
  const [trust] = await services.people.rows<{ organisation_code: string; name: string }>(
    loadStatement('dashboard/queries/people/demo_trust.sql'),
  );
  return {
    ...user,
    organisation_codes: trust ? [trust.organisation_code] : [],
    organisation_name: trust ? trust.name || trust.organisation_code : '',
  };
}
