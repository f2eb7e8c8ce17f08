/** What a directory to load holds: which files are sent, in which order and form, and which are not. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { CodedError } from '../../sql/errors.ts';
import { parseInstant } from '../instant.ts';
import { datasets } from '../reference/datasets.ts';

export interface FileToSend {
  /** From the directory, e.g. `events/2026-03-01.ndjson.gz`. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'reference' | 'events';
  /** Of a reference file. */
  readonly dataset: string;
  /** Of what instant the extract is, where the directory says so; else it is of the moment of its receipt. */
  readonly as_of?: string;
  readonly content_type:
    | 'application/x-ndjson'
    | 'application/json'
    | 'application/xml'
    | 'application/vnd.apache.arrow.stream'
    | 'text/csv';
  /** How the file is compressed, as Content-Encoding says it; empty where it is not. */
  readonly encoding: '' | 'gzip' | 'zstd';
}

/** Sent files in their order, and the others, each with the reason. */
export interface DirectoryPlan {
  readonly files: readonly FileToSend[];
  readonly ignored: readonly { name: string; why: string }[];
}

const content_types = {
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  xml: 'application/xml',
  arrow: 'application/vnd.apache.arrow.stream',
  csv: 'text/csv',
} as const;

/** `reference/as_of.json`: of what instant each dataset's extract is. An extract of last year tells who lived where then. */
const AsOf = Type.Record(Type.String(), Type.String());
const as_of_file = 'as_of.json';

/** @throws CodedError LOAD_DIRECTORY_MISSING, LOAD_DIRECTORY_EMPTY, LOAD_AS_OF_INVALID */
export async function planDirectory(dir: string): Promise<DirectoryPlan> {
  const top = await readdir(dir, { withFileTypes: true }).catch((cause: unknown) => {
    throw new CodedError('LOAD_DIRECTORY_MISSING', `There is no directory ${dir}.`, { cause });
  });
  const is_folder = (name: string) =>
    top.some((entry) => entry.name === name && entry.isDirectory());
  const ignored = top
    .filter(({ name }) => !['reference', 'events'].includes(name) || !is_folder(name))
    .map(({ name }) => ({
      name,
      why:
        name === 'truth.ndjson'
          ? 'what the simulation knows is not sent'
          : 'not in reference/ or events/',
    }));
  const reference = is_folder('reference') ? (await readdir(join(dir, 'reference'))).sort() : [];
  const events = is_folder('events') ? (await readdir(join(dir, 'events'))).sort() : [];
  const as_of = reference.includes(as_of_file) ? await readAsOf(dir) : {};
  const files: FileToSend[] = [];
  for (const dataset of Object.keys(datasets)) {
    for (const name of reference) {
      const form = /^(.+)\.(ndjson|csv|arrow)(\.gz)?$/.exec(name);
      if (form?.[1] !== dataset) continue;
      const content_type = content_types[form[2] as 'ndjson' | 'csv' | 'arrow'];
      files.push({
        ...file(dir, 'reference', name, dataset, content_type),
        ...(as_of[dataset] !== undefined && { as_of: as_of[dataset] }),
      });
    }
  }
  for (const name of reference) {
    const known = files.some((each) => each.name === `reference/${name}`);
    if (!known && name !== as_of_file)
      ignored.push({
        name: `reference/${name}`,
        why: 'not <dataset>.ndjson, .csv or .arrow of a known dataset',
      });
  }
  for (const name of events) {
    const form = /\.([a-z]+)(\.gz|\.zst)?$/.exec(name)?.[1] ?? '';
    const content_type = content_types[form as keyof typeof content_types] as
      FileToSend['content_type'] | undefined;
    if (content_type) files.push(file(dir, 'events', name, '', content_type));
    else ignored.push({ name: `events/${name}`, why: 'not .ndjson, .json, .arrow, .csv or .xml' });
  }
  if (files.length === 0) {
    throw new CodedError(
      'LOAD_DIRECTORY_EMPTY',
      `${dir} has no reference/<dataset>.ndjson, .csv or .arrow, and no events/*.ndjson, .json, .arrow, .csv or .xml.`,
    );
  }
  return { files, ignored };
}

/** @throws CodedError LOAD_AS_OF_INVALID */
async function readAsOf(dir: string): Promise<Static<typeof AsOf>> {
  const value = parsed(await readFile(join(dir, 'reference', as_of_file), 'utf8'));
  if (
    Value.Check(AsOf, value) &&
    Object.entries(value).every(
      ([dataset, at]) => Object.hasOwn(datasets, dataset) && typeof parseInstant(at) === 'number',
    )
  )
    return value;
  throw new CodedError(
    'LOAD_AS_OF_INVALID',
    `reference/${as_of_file} has to be an object of datasets and instants with offset, such as {"patients":"2026-03-01T00:00:00Z"}.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function file(
  dir: string,
  kind: FileToSend['kind'],
  name: string,
  dataset: string,
  content_type: FileToSend['content_type'],
): FileToSend {
  const encoding = name.endsWith('.gz') ? 'gzip' : name.endsWith('.zst') ? 'zstd' : '';
  return {
    name: `${kind}/${name}`,
    path: join(dir, kind, name),
    kind,
    dataset,
    content_type,
    encoding,
  };
}
