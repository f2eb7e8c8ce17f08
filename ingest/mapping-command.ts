/** `npm run source -- mapping` and `-- reads`: how a source's messages are read, tried before it holds, and what its key may read. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import type { CommandOutput } from '../sql/control.ts';
import { CodedError } from '../sql/errors.ts';
import { eventContext } from './event-context.ts';
import { default_limits } from './limits.ts';
import { summaryText, trialText, tryMessage, type TriedSample } from './mapping-trial.ts';
import { parseMapping, type Mapping } from './mapping.ts';
import { changeSource, knownSource, type Reads, type Source } from './sources.ts';

export const mapping_usage =
  'mapping NAME [--json] | mapping NAME --set FILE.json --reason "…" | mapping NAME --try FILE|DIRECTORY … [--set FILE.json] [--json] | reads NAME none|own|all [--reason "…"]';

/** What the process that has the database says of a source, for a trial in the one that has the samples. */
type MappingAnswer = Pick<
  Source,
  'source' | 'default_staff_id_system' | 'organisation_codes' | 'mapping'
>;

const samples_max = 1_000;
const sample_bytes_max = 32 * 1024 * 1024;

/**
 * Carries out `mapping` and `reads` where the database is, and returns what is printed.
 *
 * @throws CodedError SOURCE_USAGE, SOURCE_UNKNOWN, MAPPING_INVALID
 */
export async function runMapping(
  client: SqlClient,
  clock: Clock,
  args: readonly string[],
): Promise<string> {
  const { values, positionals } = readArguments(args);
  const [verb, name, word, ...more] = positionals;
  if (name === undefined || more.length > 0) throw usage();
  if (verb === 'reads') {
    if (word !== 'none' && word !== 'own' && word !== 'all') throw usage();
    return setReads(client, clock, name, word, values.reason ?? '');
  }
  if (word !== undefined) throw usage();
  const source = await knownSource(client, name);
  if (values['set-json'] !== undefined) {
    const mapping = readMapping(values['set-json']);
    if (values.reason === undefined || values.reason.trim() === '') {
      throw new CodedError(
        'SOURCE_USAGE',
        'Say why the mapping changes, for whoever asks later: --reason "…"',
      );
    }
    await changeSource(client, clock, name, { mapping }, 'npm run source', values.reason);
    return `The mapping of ${name} is changed, and holds within a second. What came before is read by it when it is run again: npm run rerun -- --source ${name} --dry-run`;
  }
  const { default_staff_id_system, organisation_codes, mapping } = source;
  return values.json === true
    ? JSON.stringify({ source: name, default_staff_id_system, organisation_codes, mapping })
    : JSON.stringify(mapping, null, 2);
}

/** Whether the arguments ask for a dry run, which is carried out where the samples are. */
export function isTrial(args: readonly string[]): boolean {
  return args[0] === 'mapping' && args.some((arg) => arg === '--try' || arg.startsWith('--try='));
}

/**
 * Tries samples under the mapping that holds, and under the one of `--set`, without a change to anything. The samples
 * stay in this process: they are read here, and not sent on.
 *
 * @param ask carries out `source` with other arguments, and returns what it printed
 * @returns the exit status: 1 where a sample would be refused
 * @throws CodedError SOURCE_USAGE, SAMPLE_UNREADABLE, MAPPING_INVALID, SOURCE_UNKNOWN
 */
export async function tryMapping(
  args: readonly string[],
  ask: (args: readonly string[]) => Promise<string>,
  clock: Clock,
  to: CommandOutput,
): Promise<number> {
  const { values, positionals } = readArguments(args);
  const [, name, ...paths] = positionals;
  if (name === undefined) throw usage();
  const files = [...(values.try ?? []), ...paths].flatMap(filesOf);
  if (files.length > samples_max)
    throw new CodedError('SAMPLE_UNREADABLE', `A trial takes at most ${samples_max} files.`);
  const proposed = values.set === undefined ? undefined : readMapping(fileText(values.set));
  const answer = JSON.parse(await ask(['mapping', name, '--json'])) as MappingAnswer;
  const context = () => eventContext(answer as Source, clock.now(), default_limits.future_ms_max);
  const tried = files.map((sample): TriedSample => {
    const bytes = fileBytes(sample);
    return {
      sample,
      present: tryMessage(bytes, answer.mapping, context()),
      proposed: proposed && tryMessage(bytes, proposed, context()),
    };
  });
  to.output(
    values.json === true
      ? JSON.stringify({ samples: tried, summary: summaryText(tried) })
      : trialText(tried),
  );
  return tried.some(({ present, proposed: then }) => (then ?? present).refusals.length > 0) ? 1 : 0;
}

/**
 * The arguments with the file of `--set` replaced by what is in it: the process that carries the command out may run
 * elsewhere.
 *
 * @throws CodedError SAMPLE_UNREADABLE
 */
export function withMappingText(args: readonly string[]): readonly string[] {
  if (args[0] !== 'mapping') return args;
  const at = args.findIndex((arg) => arg === '--set' || arg.startsWith('--set='));
  const given = args[at];
  if (given === undefined) return args;
  const is_joined = given.startsWith('--set=');
  const file = is_joined ? given.slice('--set='.length) : args[at + 1];
  if (file === undefined) return args;
  return args.toSpliced(at, is_joined ? 1 : 2, `--set-json=${fileText(file)}`);
}

async function setReads(
  client: SqlClient,
  clock: Clock,
  name: string,
  reads: Reads,
  reason: string,
): Promise<string> {
  await changeSource(client, clock, name, { reads }, 'npm run source', reason);
  const what = { none: 'nothing back', own: 'back what it sent', all: 'what every source sent' };
  return `The key of ${name} may read ${what[reads]}. Each look is recorded.`;
}

function readMapping(text: string): Mapping {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CodedError('MAPPING_INVALID', 'The mapping is not JSON.', { cause });
  }
  const mapping = parseMapping(value);
  if (mapping.time_zone !== '' && !isTimeZone(mapping.time_zone)) {
    throw new CodedError(
      'MAPPING_INVALID',
      'The mapping is not valid at /time_zone: there is no such zone. Europe/London is one.',
    );
  }
  return mapping;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A file, or those of a directory, in the order of their names. */
function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(path, each.name))
      .sort();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function fileBytes(path: string): Buffer {
  try {
    if (statSync(path).size > sample_bytes_max)
      throw new CodedError('SAMPLE_UNREADABLE', `${path} is larger than 32 MiB.`);
    return readFileSync(path);
  } catch (cause) {
    throw cause instanceof CodedError ? cause : unreadable(path, cause);
  }
}

function fileText(path: string): string {
  return fileBytes(path).toString('utf8');
}

function unreadable(path: string, cause: unknown): CodedError {
  return new CodedError('SAMPLE_UNREADABLE', `The file ${path} could not be read.`, { cause });
}

function usage(cause?: unknown): CodedError {
  return new CodedError('SOURCE_USAGE', `Use: npm run source -- ${mapping_usage}`, { cause });
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        set: { type: 'string' },
        'set-json': { type: 'string' },
        try: { type: 'string', multiple: true },
        reason: { type: 'string' },
      },
    });
  } catch (cause) {
    throw usage(cause);
  }
}
