/** The limits that every query carries: a fixed set of settings, written into the SQL text. */

/** How much a query may use. Times in seconds, memory in bytes. */
export interface Limits {
  readonly time_s_max: number;
  readonly memory_bytes_max: number;
  readonly result_rows_max?: number;
  /** Whether `WITH name AS MATERIALIZED (…)` is computed once, however often it is named. */
  readonly materializes?: boolean;
  /** Whether tables are joined in the order in which they are written. */
  readonly joins_as_written?: boolean;
  /** Whether groups by what a table is sorted by are made as its rows come, one after the other, and not all held at once. */
  readonly groups_as_sorted?: boolean;
  /** Threads of one query; without it, as many as there are processors. */
  readonly threads_max?: number;
}

const mebibyte = 1024 * 1024;

/** Named limits, by what the query is for. A query without a name has the tightest, that of a page. */
export const limits = {
  /**
   * One page of the dashboard: people wait for it. Planned anew wherever it was named, what decides whether an alert may
   * be told took half a second of every list and every alert. A million alerts held at once are more than it may hold.
   */
  page: {
    time_s_max: 15,
    memory_bytes_max: 600 * mebibyte,
    result_rows_max: 100_000,
    materializes: true,
    groups_as_sorted: true,
  },
  /** A statement that somebody typed. */
  ad_hoc: {
    time_s_max: 120,
    memory_bytes_max: 1024 * mebibyte,
    result_rows_max: 1_000_000,
    groups_as_sorted: true,
  },
  /** The loader: one segment, so its size is bounded by the segment's. */
  load: { time_s_max: 300, memory_bytes_max: 1536 * mebibyte },
  /**
   * Roll-ups and detectors over a batch of days. They are chains of named steps, and the engine otherwise computes a
   * step anew wherever it is named: a detector of nine steps took 13 times as long. And from the second run of a
   * statement on it orders joins by the sizes that it saw in the first: an explanation that took half a second then
   * joined the members of each team with all patients of the team, and took minutes.
   */
  analysis: {
    time_s_max: 600,
    memory_bytes_max: 1536 * mebibyte,
    materializes: true,
    joins_as_written: true,
  },
  /**
   * The queue: all alerts that stand. Their versions lie by alert; a million held at once are more than a query may hold.
   * It is made beside the cycles, and leaves a processor to those who judge live.
   */
  ranking: {
    time_s_max: 600,
    memory_bytes_max: 1536 * mebibyte,
    materializes: true,
    joins_as_written: true,
    groups_as_sorted: true,
    threads_max: 1,
  },
} satisfies Record<string, Limits>;

export type LimitsName = keyof typeof limits;

/**
 * Rewrites that the engine shall not try. For each it hashes every expression, and with an expression all the steps that
 * its columns come from, so that planning a chain of steps takes time by the square of its length: of two detectors that
 * take 0.6 s over a small store half was that, of short ones hardly anything. What they simplify (`any(key)` in a GROUP BY
 * by that key, comparisons that follow from others, conditions that all arms of an OR share) is worth less: judging
 * 1.5 million events took 52.8 s of processor time with them and 44.3 s without.
 */
const rewrites_left_out = [
  'optimize_and_compare_chain',
  'optimize_extract_common_expressions',
  'optimize_aggregators_of_group_by_keys',
  'optimize_group_by_function_keys',
  'optimize_injective_functions_in_group_by',
  'optimize_redundant_functions_in_order_by',
].map((name) => `${name} = 0`);

/** Settings that a caller may add, each with the form that its value must have: nothing else reaches the text. */
const extra_settings = {
  readonly: /^1$/,
  insert_deduplicate: /^[01]$/,
  insert_deduplication_token: /^[A-Za-z0-9_.-]{1,200}$/,
  input_format_parallel_parsing: /^[01]$/,
  max_threads: /^[0-9]{1,2}$/,
  max_partitions_per_insert_block: /^[0-9]{1,4}$/,
} as const;

export type ExtraSettings = Partial<Record<keyof typeof extra_settings, string>>;

/**
 * The SETTINGS clause for these limits.
 *
 * `insert` adds synchronous, fsynced inserts with our own deduplication only: the engine's asynchronous inserts
 * answer before the data is on disk, and are on by default.
 */
export function settingsClause(
  named: LimitsName,
  kind: 'read' | 'insert',
  extra: ExtraSettings = {},
): string {
  const given: Limits = limits[named];
  const settings = [
    `max_execution_time = ${given.time_s_max}`,
    `max_memory_usage = ${given.memory_bytes_max}`,
    ...rewrites_left_out,
  ];
  if (kind === 'read' && given.result_rows_max !== undefined) {
    settings.push(`max_result_rows = ${given.result_rows_max}`, `result_overflow_mode = 'throw'`);
  }
  if (given.materializes === true) settings.push('enable_materialized_cte = 1');
  if (given.joins_as_written === true) settings.push('query_plan_optimize_join_order_limit = 0');
  if (given.groups_as_sorted === true) settings.push('optimize_aggregation_in_order = 1');
  if (given.threads_max !== undefined) settings.push(`max_threads = ${given.threads_max}`);
  if (kind === 'insert')
    settings.push('async_insert = 0', "date_time_input_format = 'best_effort'");
  for (const [name, value] of Object.entries(extra)) {
    const form = extra_settings[name as keyof typeof extra_settings];
    // A setting's value stands in the text, so one that could end the literal would be an injection.
    if (!form?.test(value)) throw new TypeError(`Setting ${name} does not take that value.`);
    settings.push(`${name} = '${value}'`);
  }
  return `SETTINGS ${settings.join(', ')}`;
}
