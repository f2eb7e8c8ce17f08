/** How many items of the queue an organisation is shown each week: read, and set anew by a guardian, never changed. */
import { localDay } from '#sql/clock.ts';
import { alert_roles } from './roles.ts';
import type { Look } from './own-audit.ts';
import type { Reader } from './scope.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

/** What holds where nobody set anything: as `analytics/ranking/budget.ts` has it, to which a test holds this. */
export const default_items_per_week = 20;

/**
 * A budget above what anybody gets through hides nothing, and is none: 500 is the work of 25 reviewers at the default.
 */
export const items_per_week_max = 500;
const reason_characters_max = 1_000;

interface BudgetRow {
  /** Empty: for all organisations without one of their own. */
  readonly organisation_code: string;
  readonly items_per_week: number;
  readonly reason: string;
  readonly author_name: string;
  readonly set_at_ms: number;
}

interface WeekRow {
  readonly organisation_code: string;
  readonly monday: string;
  readonly shown: number;
  readonly below: number;
}

/** What holds for one organisation. */
export interface Budget {
  readonly organisation_code: string;
  readonly organisation_name: string;
  readonly items_per_week: number;
  /** own: set for it; general: set for all; default: nobody set anything, and then the three below are empty. */
  readonly ground: 'own' | 'general' | 'default';
  readonly set_at_ms: number;
  readonly author_name: string;
  readonly reason: string;
  /** Open items of the latest four weeks, the latest first; a week without any is not in it. */
  readonly weeks: readonly Omit<WeekRow, 'organisation_code'>[];
}

export interface BudgetAsked {
  readonly organisation_code: string;
  readonly items_per_week: number;
  readonly reason: string;
}

/** A form that cannot be followed: what is wrong, and what was filled in, so that nothing is lost. */
export interface BudgetProblem {
  readonly problem: string;
  readonly organisation_code: string;
  readonly items: string;
  readonly reason: string;
}

/** Who sets a budget, and what it is written through. */
export interface Budgeting {
  readonly services: Pick<Services, 'clock' | 'people'>;
  readonly viewer: Pick<Viewer, 'user_id'>;
  record(look: Look): Promise<void>;
}

/** The budgets of the viewer's organisations by name, and what was set before, the latest first. */
export async function readBudgets(
  reader: Reader,
  viewer: Pick<Viewer, 'role' | 'organisation_codes'>,
  now: number,
): Promise<{ budgets: Budget[]; earlier: BudgetRow[] }> {
  const [set, weeks, named] = await Promise.all([
    reader.scoped<BudgetRow>('queue_budgets'),
    reader.scoped<WeekRow>('queue_weeks', { to_day: localDay(now) }),
    reader.scoped<{ organisation_code: string; name: string }>('own_organisations'),
  ]);
  const names = new Map(named.map((row) => [row.organisation_code, row.name]));
  const newest = (code: string) => set.find((row) => row.organisation_code === code);
  const codes = alert_roles.includes(viewer.role) ? [...new Set(viewer.organisation_codes)] : [];
  const budgets = codes
    .map((organisation_code): Budget => {
      const own = newest(organisation_code);
      const { items_per_week, reason, author_name, set_at_ms } = own ?? newest('') ?? unset;
      return {
        organisation_code,
        organisation_name: names.get(organisation_code) || organisation_code,
        ground: own ? 'own' : newest('') ? 'general' : 'default',
        ...{ items_per_week, reason, author_name, set_at_ms },
        weeks: weeks.filter((row) => row.organisation_code === organisation_code),
      };
    })
    .sort((a, b) => (a.organisation_name < b.organisation_name ? -1 : 1));
  const earlier = set.filter((row) => row !== newest(row.organisation_code));
  return { budgets, earlier };
}

const unset = {
  items_per_week: default_items_per_week,
  reason: '',
  author_name: '',
  set_at_ms: 0,
} as const;

/** Guardians decide how much is looked at: they answer for what is not. */
export function maySetBudget(viewer: Pick<Viewer, 'role'> | undefined): boolean {
  return viewer?.role === 'guardian';
}

/** What the form says, or what is wrong with it in a sentence. */
export function parseBudgetForm(form: FormData): BudgetAsked | BudgetProblem {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const organisation_code = text('organisation');
  const items = text('items');
  const reason = text('reason');
  const problem = (what: string) => ({ problem: what, organisation_code, items, reason });
  // Digits alone: of 1e2 or 0x10 nobody can say that it was meant.
  const items_per_week = /^\d{1,9}$/.test(items) ? Number(items) : 0;
  if (items_per_week < 1 || items_per_week > items_per_week_max)
    return problem(`Write a whole number of items a week, from 1 to ${items_per_week_max}.`);
  if (reason === '') return problem('Say why the number is changed.');
  if (reason.length > reason_characters_max)
    return problem(`Say why in ${reason_characters_max} characters at most.`);
  return { organisation_code, items_per_week, reason };
}

/** Sets the budget of one of the viewer's organisations. Our own audit has it before it is written. */
export async function setBudget(
  { services, viewer, record }: Budgeting,
  { organisation_code, items_per_week, reason }: BudgetAsked,
): Promise<void> {
  await record({
    action: 'command',
    subject_kind: 'queue_budget',
    subject_ids: [organisation_code],
    detail: JSON.stringify({ items_per_week }),
  });
  await services.people.insert('queue_budgets', [
    {
      organisation_code,
      items_per_week,
      author: viewer.user_id,
      reason,
      set_at: services.clock.now(),
    },
  ]);
}
