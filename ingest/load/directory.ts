/** What a directory to load holds: which files are sent, in which order and form, and which are not. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../sql/errors.ts';
import { datasets } from '../reference/datasets.ts';

export interface FileToSend {
  /** From the directory, e.g. `events/2026-03-01.ndjson.gz`. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'reference' | 'events';
  /** Of a reference file. */
  readonly dataset: string;
  readonly content_type:
    'application/x-ndjson' | 'application/json' | 'application/xml' | 'text/csv';
  readonly is_gzip: boolean;
}

/** Sent files in their order, and the others, each with the reason. */
export interface DirectoryPlan {
  readonly files: readonly FileToSend[];
  readonly ignored: readonly { name: string; why: string }[];
}

/** @throws CodedError LOAD_DIRECTORY_MISSING, LOAD_DIRECTORY_EMPTY */
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
  const files: FileToSend[] = [];
  for (const dataset of Object.keys(datasets)) {
    for (const name of reference) {
      const form = /^(.+)\.(ndjson|csv)(\.gz)?$/.exec(name);
      if (form?.[1] !== dataset) continue;
      const content_type = form[2] === 'csv' ? 'text/csv' : 'application/x-ndjson';
      files.push(file(dir, 'reference', name, dataset, content_type, form[3] !== undefined));
    }
  }
  for (const name of reference) {
    const known = files.some((each) => each.name === `reference/${name}`);
    if (!known)
      ignored.push({
        name: `reference/${name}`,
        why: 'not <dataset>.ndjson or .csv of a known dataset',
      });
  }
  for (const name of events) {
    if (/\.xml(\.gz)?$/.test(name)) {
      files.push(file(dir, 'events', name, '', 'application/xml', name.endsWith('.gz')));
      continue;
    }
    const form = /\.(ndjson|json)(\.gz)?$/.exec(name);
    const content_type = form?.[1] === 'json' ? 'application/json' : 'application/x-ndjson';
    if (form) files.push(file(dir, 'events', name, '', content_type, form[2] !== undefined));
    else if (/\.csv(\.gz)?$/.test(name))
      ignored.push({ name: `events/${name}`, why: 'events as CSV are not understood' });
    else ignored.push({ name: `events/${name}`, why: 'not .ndjson, .json or .xml' });
  }
  if (files.length === 0) {
    throw new CodedError(
      'LOAD_DIRECTORY_EMPTY',
      `${dir} has no reference/<dataset>.ndjson or .csv, and no events/*.ndjson, .json or .xml.`,
    );
  }
  return { files, ignored };
}

function file(
  dir: string,
  kind: FileToSend['kind'],
  name: string,
  dataset: string,
  content_type: FileToSend['content_type'],
  is_gzip: boolean,
): FileToSend {
  return {
    name: `${kind}/${name}`,
    path: join(dir, kind, name),
    kind,
    dataset,
    content_type,
    is_gzip,
  };
}
