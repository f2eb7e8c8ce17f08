/** A search for AuditEvents (ITI-81): what its parameters mean for the stored events. */
import { RequestRefused } from '../codes.ts';
import {
  action_codings,
  nhs_number_system,
  organisation_system,
  outcome_codes,
  type Coding,
} from '../formats/fhir/write.ts';
import { isNhsNumberSystem, isOrganisationSystem } from '../formats/nhs-identifiers.ts';
import { default_mapping } from '../mapping.ts';
import { all_time, intersection, parseDate, type Range } from './dates.ts';

/** Values of which one has to fit. */
type Alternatives = readonly string[];

/**
 * A search. Lists of alternatives have to fit all; an empty list leaves everything. Tokens stand as they were given:
 * `code`, `system|code` or `system|`.
 */
export interface EventSearch {
  readonly occurred: Range;
  readonly received: Range;
  readonly ids: readonly string[];
  readonly sources: readonly string[];
  readonly actions: readonly string[];
  readonly outcomes: readonly string[];
  readonly patients: readonly string[];
  readonly agents: readonly Alternatives[];
  readonly addresses: readonly Alternatives[];
  readonly entities: readonly Alternatives[];
  readonly entity_types: readonly Alternatives[];
  readonly entity_roles: readonly Alternatives[];
  /** Whether two parameters contradict each other, so that nothing fits. */
  readonly is_nothing: boolean;
}

/** The filters of a search, without its times. */
export function filtersOf(search: EventSearch) {
  const { ids, sources, actions, outcomes, patients } = search;
  const { agents, addresses, entities, entity_types, entity_roles } = search;
  return {
    ids,
    sources,
    actions,
    outcomes,
    patients,
    agents,
    addresses,
    entities,
    entity_types,
    entity_roles,
  };
}

/**
 * Of a list of lists of tokens, the plain values of which an event has to have one, so that most events need not be looked
 * at in full; none where a token stands for a whole system.
 */
export function plainValues(groups: readonly Alternatives[]): readonly string[] {
  const values = (groups[0] ?? []).map((token) => token.slice(token.lastIndexOf('|') + 1));
  return values.includes('') ? [] : values;
}

/** What the answer should look like. */
export interface AnswerShape {
  /** Events a page; 0 with `is_count`. */
  readonly count: number;
  readonly is_descending: boolean;
  /** Only the number of matches. */
  readonly is_count: boolean;
  /** Whether the number of matches is told beside the first page. */
  readonly with_total: boolean;
}

/** What was asked for, and what was asked for in words that are not known. */
export interface ParsedSearch {
  readonly search: EventSearch;
  readonly shape: AnswerShape;
  /** The parameters that were understood, without those that may name a patient. */
  readonly shown: readonly (readonly [name: string, value: string])[];
  readonly hides_some: boolean;
  /** Names of parameters that are not known, and so were not looked at. */
  readonly ignored: readonly string[];
}

export const count_default = 100;
export const count_max = 1_000;
const values_max = 200;
const value_length_max = 300;

/** What may name a patient, or say what somebody searched for. */
const hidden: ReadonlySet<string> = new Set([
  'patient',
  'entity',
  'entity.identifier',
  'patient.identifier',
]);
const entity_type_system = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const entity_role_system = 'http://terminology.hl7.org/CodeSystem/object-role';

/**
 * The search that the parameters of an address or a form mean.
 *
 * IHE ITI TF-2: 3.81.4.1.2 with the parameters of R4 AuditEvent; `agent:identifier` and its like are R4's own spelling of
 * `agent.identifier`.
 *
 * @param is_strict whether an unknown parameter refuses the search (`Prefer: handling=strict`)
 * @throws RequestRefused SEARCH_DATE_MISSING, PARAMETER_INVALID, PARAMETER_UNKNOWN
 */
export function parseSearch(given: URLSearchParams, is_strict: boolean): ParsedSearch {
  const state = newState();
  const ignored: string[] = [];
  const shown: [string, string][] = [];
  let hides_some = false;
  for (const [name, value] of given) {
    const known = parameters[name.replace(/:identifier$/, '.identifier')];
    if (!known) {
      ignored.push(name.slice(0, 64));
      continue;
    }
    known(state, checkedValue(name, value), name);
    if (hidden.has(name.replace(/[:.]identifier$/, ''))) hides_some = true;
    else shown.push([name, value]);
  }
  if (ignored.length > 0 && is_strict) {
    throw new RequestRefused(
      'PARAMETER_UNKNOWN',
      `There is no parameter ${ignored.filter((name) => /^[\w.:-]+$/.test(name)).join(', ')}. The parameters are ${Object.keys(parameters).join(', ')}.`,
    );
  }
  if (!state.has_date) {
    throw new RequestRefused(
      'SEARCH_DATE_MISSING',
      'Give a bound in time, such as date=ge2026-03-01&date=lt2026-03-08: a search without one would read everything.',
    );
  }
  const { is_count, with_total, is_descending, count } = state;
  return {
    search: searchOf(state),
    shape: { count: is_count ? 0 : count, is_count, with_total, is_descending },
    shown,
    hides_some,
    ignored,
  };
}

interface State {
  has_date: boolean;
  occurred: Range;
  received: Range;
  count: number;
  is_count: boolean;
  with_total: boolean;
  is_descending: boolean;
  readonly only: Map<'ids' | 'sources' | 'actions' | 'outcomes' | 'patients', readonly string[]>;
  readonly all: Record<
    'agents' | 'addresses' | 'entities' | 'entity_types' | 'entity_roles',
    Alternatives[]
  >;
}

function newState(): State {
  return {
    has_date: false,
    occurred: all_time,
    received: all_time,
    count: count_default,
    is_count: false,
    with_total: false,
    is_descending: false,
    only: new Map(),
    all: { agents: [], addresses: [], entities: [], entity_types: [], entity_roles: [] },
  };
}

function searchOf(state: State): EventSearch {
  const only = (name: Parameters<State['only']['get']>[0]) => state.only.get(name) ?? [];
  const { occurred, received } = state;
  return {
    occurred,
    received,
    ids: only('ids'),
    sources: only('sources'),
    actions: only('actions'),
    outcomes: only('outcomes'),
    patients: only('patients'),
    ...state.all,
    is_nothing:
      [...state.only.values()].some((values) => values.length === 0) ||
      occurred.from_ms >= occurred.to_ms ||
      received.from_ms >= received.to_ms,
  };
}

type Parameter = (state: State, value: string, name: string) => void;

/** A field with one value an event: what several parameters say of it has to agree. */
function only(
  field: Parameters<State['only']['get']>[0],
  fitting: (tokens: readonly string[]) => readonly string[],
): Parameter {
  return (state, value) => {
    const before = state.only.get(field);
    const now = fitting(tokensOf(value));
    state.only.set(field, before ? before.filter((each) => now.includes(each)) : now);
  };
}

function all(
  field: keyof State['all'],
  plain: (token: string) => string = (token) => token,
): Parameter {
  return (state, value) => void state.all[field].push(tokensOf(value).map(plain));
}

const parameters: Readonly<Record<string, Parameter>> = {
  _id: only('ids', (tokens) => tokens.map((token) => token.toLowerCase())),
  date(state, value) {
    state.has_date = true;
    state.occurred = intersection(state.occurred, parseDate('date', value));
  },
  _lastUpdated(state, value) {
    state.received = intersection(state.received, parseDate('_lastUpdated', value));
  },
  address: all('addresses'),
  'agent.identifier': all('agents', withPlainOrganisation),
  'patient.identifier': only('patients', (tokens) => tokens.flatMap(nhsNumbers)),
  'entity.identifier': all('entities', withPlainNhsNumber),
  'entity-type': all('entity_types', (token) => bareCode(token, entity_type_system)),
  'entity-role': all('entity_roles', (token) => bareCode(token, entity_role_system)),
  'source.identifier': only('sources', (tokens) =>
    tokens.map((token) => bareCode(token, 'urn:access-audit:source')),
  ),
  type: only('actions', (tokens) => actionsOf(tokens, ({ type }) => type)),
  subtype: only('actions', (tokens) => actionsOf(tokens, ({ subtype }) => subtype)),
  action: only('actions', (tokens) =>
    action_codings.filter(({ code }) => tokens.includes(code)).map(({ action }) => action),
  ),
  outcome: only('outcomes', (tokens) => {
    const codes = tokens.map((token) => bareCode(token, 'http://hl7.org/fhir/audit-event-outcome'));
    return outcome_codes.filter(({ code }) => codes.includes(code)).map(({ outcome }) => outcome);
  }),
  _count(state, value) {
    if (!/^\d{1,9}$/.test(value)) throw takes('_count', `a number from 0 to ${count_max}`);
    state.count = Math.min(Number(value), count_max);
    if (state.count === 0) state.is_count = true;
  },
  _sort(state, value) {
    if (value !== 'date' && value !== '-date') throw takes('_sort', 'date or -date');
    state.is_descending = value === '-date';
  },
  _summary(state, value) {
    if (value !== 'count' && value !== 'false') throw takes('_summary', 'count or false');
    if (value === 'count') state.is_count = true;
  },
  _total(state, value) {
    if (!['none', 'estimate', 'accurate'].includes(value))
      throw takes('_total', 'none or accurate');
    state.with_total = value !== 'none';
  },
  // What the answer is written in; the route has looked at it.
  _format: () => {},
};

function actionsOf(
  tokens: readonly string[],
  coding: (of: (typeof action_codings)[number]) => Coding,
): string[] {
  return action_codings
    .filter((each) => {
      const { system, code } = coding(each);
      return tokens.some((token) => [code, `${system}|${code}`, `${system}|`].includes(token));
    })
    .map(({ action }) => action);
}

/** The alternatives of a value: commas part them, and a backslash makes one part of it (R4 search, 3.1.1.4.15). */
function tokensOf(value: string): string[] {
  const tokens = value
    .split(/(?<!\\),/)
    .map((token) => token.replace(/\\([,|$\\])/g, '$1').trim())
    .filter((token) => token !== '');
  if (tokens.length > values_max) {
    throw new RequestRefused(
      'PARAMETER_INVALID',
      `A parameter takes at most ${values_max} values.`,
    );
  }
  return tokens;
}

/** The NHS number that a token means, under any of the names of its system; none where it means something else. */
function nhsNumbers(token: string): string[] {
  const at = token.lastIndexOf('|');
  if (at < 0) return [token];
  return isNhsNumberSystem(token.slice(0, at), default_mapping) ? [token.slice(at + 1)] : [];
}

function withPlainNhsNumber(token: string): string {
  const at = token.lastIndexOf('|');
  return at > 0 && isNhsNumberSystem(token.slice(0, at), default_mapping)
    ? `${nhs_number_system}|${token.slice(at + 1)}`
    : token;
}

/** ODS codes have one system in what we write, and several in what is asked for. */
function withPlainOrganisation(token: string): string {
  const at = token.lastIndexOf('|');
  return at > 0 && isOrganisationSystem(token.slice(0, at), default_mapping)
    ? `${organisation_system}|${token.slice(at + 1)}`
    : token;
}

/** The code of a token of that system, or of none; what is of another system fits nothing, as it stands. */
function bareCode(token: string, system: string): string {
  return token.startsWith(`${system}|`) ? token.slice(system.length + 1) : token;
}

function checkedValue(name: string, value: string): string {
  if (value.length <= value_length_max * values_max && value !== '') return value;
  throw takes(name, 'a value');
}

function takes(name: string, what: string): RequestRefused {
  return new RequestRefused('PARAMETER_INVALID', `${name} takes ${what}.`);
}
