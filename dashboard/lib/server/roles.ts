/** The roles of our own users, and what each is for. */

export const roles = ['investigator', 'guardian', 'programme_lead', 'administrator'] as const;
export type Role = (typeof roles)[number];

/** Roles that may see alerts, and with them patients, of the organisations in their scope. */
export const alert_roles: readonly Role[] = ['investigator', 'guardian'];

export const role_names: Record<Role, string> = {
  investigator: 'Investigator',
  guardian: 'Caldicott guardian',
  programme_lead: 'Programme lead',
  administrator: 'Administrator',
};

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/** The page on which each role starts its day. */
export const first_pages: Record<Role, '/queue' | '/usage' | '/feeds'> = {
  investigator: '/queue',
  guardian: '/queue',
  programme_lead: '/usage',
  administrator: '/feeds',
};
