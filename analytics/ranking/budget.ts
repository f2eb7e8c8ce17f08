/** How much of the queue an organisation is shown: so many items a week, and a few drawn from what falls below. Pure. */
import { createHash } from 'node:crypto';
import { addDays } from '../../sql/clock.ts';
import { byText } from './alert.ts';

/**
 * Items a week where nobody set another number: four a working day, which is what a reviewer who also has other work gets
 * through with a look into the local record for each.
 */
export const default_items_per_week = 20;

/** Items of each organisation and week that are drawn from below its budget: enough to learn what lies there. */
export const drawn_per_week = 1;

/** What the budget has to know of an item. */
export interface Budgeted {
  readonly item_id: string;
  readonly organisation_code: string;
  readonly week: string;
  readonly is_danger: boolean;
  /** Drawn at random by a detector: beside the budget, since without them nobody knows what the detectors miss. */
  readonly is_draw: boolean;
}

export interface Allotted {
  readonly is_within_budget: boolean;
  readonly is_sampled: boolean;
}

/**
 * Which items are shown. A possible danger always is, and takes its place in the budget; so does work that is done.
 *
 * @param items in the order of their rank
 * @param budgets items a week, by organisation ('' for all others)
 * @param done closed items, by organisation and week as `budgetKey` has them
 */
export function allot(
  items: readonly Budgeted[],
  budgets: ReadonlyMap<string, number>,
  done: ReadonlyMap<string, number>,
): Map<string, Allotted> {
  const left = new Map<string, number>();
  const below = new Map<string, string[]>();
  const allotted = new Map<string, Allotted>();
  const general = budgets.get('') ?? default_items_per_week;
  // Dangers first, so that they take their places before others do.
  for (const is_danger of [true, false]) {
    for (const item of items) {
      if (item.is_danger !== is_danger) continue;
      if (item.is_draw) {
        allotted.set(item.item_id, { is_within_budget: true, is_sampled: true });
        continue;
      }
      const key = budgetKey(item.organisation_code, item.week);
      const places =
        left.get(key) ?? (budgets.get(item.organisation_code) ?? general) - (done.get(key) ?? 0);
      if (is_danger || places > 0) {
        left.set(key, places - 1);
        allotted.set(item.item_id, { is_within_budget: true, is_sampled: false });
      } else {
        allotted.set(item.item_id, { is_within_budget: false, is_sampled: false });
        const others = below.get(key);
        if (others) others.push(item.item_id);
        else below.set(key, [item.item_id]);
      }
    }
  }
  for (const ids of below.values()) {
    const drawn = [...ids].sort((a, b) => byText(lot(a), lot(b))).slice(0, drawn_per_week);
    for (const id of drawn) allotted.set(id, { is_within_budget: false, is_sampled: true });
  }
  return allotted;
}

export function budgetKey(organisation_code: string, week: string): string {
  return `${organisation_code}\n${week}`;
}

/** Monday of the week of a local day. */
export function weekOf(day: string): string {
  const known = mondays.get(day);
  if (known !== undefined) return known;
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  const monday = addDays(day, -((weekday + 6) % 7));
  mondays.set(day, monday);
  return monday;
}

/** Asked for every item of every build, and there are only so many days. */
const mondays = new Map<string, string>();

/** A number that nobody chose, always the same for an item: whom the lot falls on does not change with each build. */
export function lot(item_id: string): string {
  return createHash('sha256').update(`lot ${item_id}`).digest('hex');
}
