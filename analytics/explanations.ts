/** The explanations: every `.sql` of the folder, read and checked once, and run for a build. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlClient } from '../sql/client.ts';
import { parseStatement, project_root, type Statement } from '../sql/statement.ts';
import { definitionInvalid } from './errors.ts';
import { parseExplanationHeader, type ExplanationHeader } from './header.ts';

export interface Explanation extends ExplanationHeader {
  /** The reviewed text: a SELECT of access, strength and evidence. */
  readonly text: string;
  /** The same as an insert into the build. */
  readonly insert: Statement;
}

const folder = 'analytics/explanations';
let catalogue: readonly Explanation[] | undefined;

/** All explanations, by id. @throws CodedError DEFINITION_INVALID */
export function loadExplanations(): readonly Explanation[] {
  catalogue ??= readdirSync(join(project_root, folder))
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map(readExplanation);
  return catalogue;
}

/** What there is to explain by: datasets of which anything was ever loaded, and kinds of relationships in the build. */
export interface Grounds {
  readonly datasets: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** Writes what each explanation of a stage says of the build's accesses on `days`. */
export async function explain(
  client: SqlClient,
  build: string,
  days: readonly string[],
  stage: ExplanationHeader['stage'],
  grounds: Grounds,
): Promise<void> {
  const speaking = loadExplanations().filter(
    (one) =>
      one.stage === stage &&
      one.needs.some((dataset) => grounds.datasets.has(dataset)) &&
      (one.kinds?.some((kind) => grounds.kinds.has(kind)) ?? true),
  );
  for (const { id, insert, params } of speaking) {
    await client.insertSelect(
      insert,
      { build, days, explanation_id: id, ...params },
      { limits: 'analysis' },
    );
  }
}

/** One explanation. @throws CodedError DEFINITION_INVALID when there is none of that id */
export function findExplanation(id: string): Explanation {
  const found = loadExplanations().find((one) => one.id === id);
  if (!found) throw definitionInvalid(`${folder}/${id}.sql`, 'there is no such explanation.');
  return found;
}

function readExplanation(name: string): Explanation {
  const path = `${folder}/${name}`;
  const text = readFileSync(join(project_root, path), 'utf8');
  const header = parseExplanationHeader(path, text);
  if (`${header.id}.sql` !== name)
    throw definitionInvalid(path, `its id is ${header.id}, which is not its file's name.`);
  return { ...header, text, insert: parseStatement(path, insertOf(text)) };
}

/** The reviewed SELECT, run as it stands: only where its rows go is added, and no value is. */
function insertOf(text: string): string {
  const select = parseStatement('explanation', text).text;
  return `INSERT INTO access_explanation_builds (build, day, staff_id_system, staff_id, organisation_code, patient_id, explanation_id, strength, evidence)
SELECT {build:UInt64}, day, staff_id_system, staff_id, organisation_code, patient_id, {explanation_id:String}, strength, evidence
FROM (
${select}
)`;
}
