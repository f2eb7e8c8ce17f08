// Owns where looks come from: sites, workstations and network addresses, as far as a feed tells them.

import type { Organisation } from './organisations.ts';
import type { Post } from './staff.ts';

const DESKS = 250;

/** How many sites an organisation has; only trusts tell theirs. */
export function sitesOf({ type, headcount }: Organisation): number {
  if (!['acute', 'mental_health', 'community'].includes(type)) return 1;
  return headcount < 40 ? 2 : headcount < 400 ? 3 : 5;
}

/** The site where someone works, or at which they are seen elsewhere; undefined where none is told. */
export function siteOf(
  post: Post,
  session_id: string,
  place?: number | 'home',
): string | undefined {
  const { organisation } = post;
  if (sitesOf(organisation) === 1 || place === 'home') return undefined;
  return `${organisation.code}0${1 + siteNumber(post, session_id, place)}`;
}

/**
 * Workstation and address. Each site has a network of its own. Virtual desktops leave an area by one
 * address, whatever organisation and site they are used from.
 */
export function networkOf(
  post: Post,
  session_id: string,
  place?: number | 'home',
): { device_id?: string; ip_address?: string } {
  const { organisation, index } = post;
  const { network } = organisation.feed;
  if (network === 'untold') return {};
  if (place === 'home') return { ip_address: `203.0.113.${1 + (index % 254)}` };
  if (network === 'virtual_desktops') {
    return {
      device_id: `VD-${organisation.code}-${session_id.slice(0, 6)}`,
      ip_address: `10.250.${organisation.area}.1`,
    };
  }
  const desk = index % DESKS;
  const code = fold(organisation.code);
  const site = siteNumber(post, session_id, place);
  return {
    device_id: `WS-${organisation.code}-${site + 1}-${desk}`,
    ip_address: `10.${code % 240}.${(Math.floor(code / 240) + site) % 256}.${desk + 1}`,
  };
}

/** Most people work at one site; bank staff at whichever needs them that day. */
function siteNumber(
  { organisation, index, is_bank }: Post,
  session_id: string,
  place?: number | 'home',
): number {
  const usual = is_bank ? Number.parseInt(session_id.slice(0, 4), 16) : index;
  return (typeof place === 'number' ? index + place : usual) % sitesOf(organisation);
}

/** A number that differs from code to code. */
function fold(code: string): number {
  let sum = 0;
  for (const character of code) sum = (sum * 31 + character.charCodeAt(0)) % 61_440;
  return sum;
}
