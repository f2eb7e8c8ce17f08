/** Runs an explanation's cases on a real engine: rows in, the days built, what it says of their accesses out. */
import { join } from 'node:path';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { parseStatement } from '../sql/statement.ts';
import { loadGiven, readCasesIn, type DetectorCase } from './case-harness.ts';
import { runCycle } from './cycle.ts';
import { readDays } from './days.ts';
import type { Explanation } from './explanations.ts';
import type { Params } from './params.ts';

/** What an explanation says of one access. */
export interface SaidRow {
  readonly day: string;
  readonly staff_id: string;
  readonly organisation_code: string;
  readonly patient_id: string;
  readonly strength: string;
  readonly evidence: string;
}

/** The cases of an explanation, by name. @throws CodedError DEFINITION_INVALID */
export function readExplanationCases(explanation_id: string): DetectorCase[] {
  return readCasesIn(join('analytics', 'explanations', 'cases', explanation_id));
}

/** Loads a case into empty tables, builds all of its days in one batch, and returns what the explanation says. */
export async function runExplanationCase(
  client: SqlClient,
  clock: Clock,
  explanation: Explanation,
  one: DetectorCase,
): Promise<SaidRow[]> {
  await loadGiven(client, one);
  await runCycle({ client, clock }, { is_settling: true, judges: () => false });
  return client.rows<SaidRow>(built, { explanation_id: explanation.id }, { limits: 'analysis' });
}

/** What it says of the case that was built last, with other params. */
export async function saidUnder(
  client: SqlClient,
  explanation: Explanation,
  params: Params,
): Promise<SaidRow[]> {
  const days = (await readDays(client)).map(({ day }) => day);
  const [last] = await client.rows<{ build: string }>(last_build);
  const select = parseStatement(explanation.id, explanation.text).text;
  return client.rows<SaidRow>(
    parseStatement(
      `case of ${explanation.id}`,
      `SELECT toString(s.day) AS day, staff_id, organisation_code, patient_id, toString(s.strength) AS strength, evidence
       FROM (
       ${select}
       ) AS s
       ORDER BY s.day, staff_id, organisation_code, patient_id`,
    ),
    { build: last?.build ?? '0', days, ...params },
    { limits: 'analysis' },
  );
}

/** What a move of a param is judged by: which accesses it speaks of, and how strongly. */
export function saidFingerprint(rows: readonly SaidRow[]): string {
  return rows
    .map((row) =>
      JSON.stringify([row.day, row.staff_id, row.organisation_code, row.patient_id, row.strength]),
    )
    .sort()
    .join('\n');
}

const built = parseStatement(
  'case explanations',
  `SELECT toString(x.day) AS day, staff_id, organisation_code, patient_id, toString(x.strength) AS strength, evidence
   FROM access_explanation_builds AS x
   WHERE explanation_id = {explanation_id:String}
     AND (x.day, build) IN (SELECT day_builds.day, max(day_builds.build) FROM day_builds GROUP BY day_builds.day)
   ORDER BY x.day, staff_id, organisation_code, patient_id`,
);
const last_build = parseStatement(
  'last build',
  'SELECT max(day_builds.build) AS build FROM day_builds',
);
