/** Who may see which route. A route that is not listed here is refused, whoever asks. */
import { alert_roles, roles, type Role } from './roles.ts';

export interface RouteRule {
  /** `anyone` needs no sign-in; `inside` is only ever fetched by the server itself. */
  readonly seen_by: 'anyone' | 'inside' | readonly Role[];
  /** Shows or hands out something that our own audit must record before it is served. */
  readonly is_audited: boolean;
  /** The name of its link in the header, for the roles that see it. */
  readonly menu?: string;
}

export const route_table: Readonly<Record<string, RouteRule>> = {
  '/': { seen_by: roles, is_audited: false },
  '/sign-in': { seen_by: 'anyone', is_audited: false },
  '/sign-in/link': { seen_by: 'anyone', is_audited: true },
  '/sign-in/demo/[person]': { seen_by: 'anyone', is_audited: true },
  '/sign-out': { seen_by: roles, is_audited: false },
  '/problem/[code]': { seen_by: 'inside', is_audited: false },
  '/queue': { seen_by: alert_roles, is_audited: true, menu: 'Queue' },
  '/queue/budget': { seen_by: alert_roles, is_audited: true },
  '/alerts': { seen_by: alert_roles, is_audited: true, menu: 'Alerts' },
  '/alerts/[alert_id]': { seen_by: alert_roles, is_audited: true },
  '/detectors': {
    seen_by: ['investigator', 'guardian', 'administrator'],
    is_audited: false,
    menu: 'Detectors',
  },
  '/detectors/[detector_id]': {
    seen_by: ['investigator', 'guardian', 'administrator'],
    is_audited: true,
  },
  '/detectors/[detector_id]/weeks.csv': {
    seen_by: ['investigator', 'guardian', 'administrator'],
    is_audited: true,
  },
  '/suppressions': { seen_by: alert_roles, is_audited: true, menu: 'Suppressions' },
  '/suppressions/new': { seen_by: alert_roles, is_audited: true },
  '/usage': { seen_by: ['programme_lead', 'administrator'], is_audited: false, menu: 'Usage' },
  '/usage/views.csv': { seen_by: ['programme_lead', 'administrator'], is_audited: true },
  '/explained': { seen_by: roles, is_audited: false, menu: 'Explained' },
  '/explained/shares.csv': { seen_by: roles, is_audited: true },
  '/feeds': { seen_by: roles, is_audited: false, menu: 'Feeds' },
  '/feeds/sources/[source]': { seen_by: roles, is_audited: false },
  '/feeds/sources/[source]/volume.csv': { seen_by: roles, is_audited: true },
  '/feeds/sources/[source]/lateness.csv': { seen_by: roles, is_audited: true },
  '/feeds/rejects': { seen_by: ['administrator'], is_audited: true },
};

/** What the table says of a request: which answer it gets. */
export type Verdict = 'open' | 'sign_in' | 'refused' | 'not_found';

/** Judges a request for `route_id` by someone with `role`; undefined means not signed in. */
export function judgeRoute(
  route_id: string,
  role: Role | undefined,
  is_from_inside: boolean,
): Verdict {
  const rule = Object.hasOwn(route_table, route_id) ? route_table[route_id] : undefined;
  if (!rule) return 'refused';
  if (rule.seen_by === 'inside') return is_from_inside ? 'open' : 'not_found';
  if (rule.seen_by === 'anyone') return 'open';
  if (role === undefined) return 'sign_in';
  return rule.seen_by.includes(role) ? 'open' : 'refused';
}

/** The links of the header for `role`. */
export function menuFor(role: Role): { href: string; text: string }[] {
  return Object.entries(route_table).flatMap(([href, { menu, seen_by }]) =>
    menu !== undefined && Array.isArray(seen_by) && seen_by.includes(role)
      ? [{ href, text: menu }]
      : [],
  );
}
