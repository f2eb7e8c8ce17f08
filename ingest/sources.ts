/** Sources: who may send, under which key, and for whom. One row per change; the newest holds. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { CodedError } from '../sql/errors.ts';
import { loadStatement } from '../sql/statement.ts';
import { default_mapping, parseMapping, type Mapping } from './mapping.ts';
import { removeFile, replaceFile } from '../sql/files.ts';

/** A source as it stands, its key hashed. */
export interface Source {
  readonly source: string;
  readonly version: number;
  readonly key_hash: string;
  readonly is_simulated: boolean;
  readonly is_loopback_only: boolean;
  readonly organisation_codes: readonly string[];
  readonly default_staff_id_system: string;
  readonly opening_rule: string;
  readonly is_ended: boolean;
  /** What its key may read back. */
  readonly reads: Reads;
  /** SHA-256 of the client certificates that speak for it over syslog, hex. */
  readonly certificate_hashes: readonly string[];
  /** How its foreign messages are read. */
  readonly mapping: Mapping;
}

/** What the key of a source may read back: nothing, what it sent, or what all sent. */
export type Reads = 'none' | 'own' | 'all';

/** What a new source is; what is left out has its default. */
export interface NewSource {
  readonly source: string;
  readonly changed_by: string;
  readonly is_simulated?: boolean;
  readonly is_loopback_only?: boolean;
  /** Organisations that it may speak for; none: any. */
  readonly organisation_codes?: readonly string[];
  readonly default_staff_id_system?: string;
  readonly opening_rule?: 'launch' | 'session' | 'access';
  readonly reads?: Reads;
  readonly certificate_hashes?: readonly string[];
  /** Where `local.key` is, so that it goes with the source `local`. */
  readonly data_dir?: string;
}

export const local_source = 'local';
export const local_key_file = 'local.key';
const default_staff_id_system = 'urn:access-audit:local';
const source_versions = loadStatement('ingest/queries/source_versions.sql');

/** Every source, ended ones too, by name. */
export async function listSources(client: SqlClient): Promise<Source[]> {
  const rows = await client.rows<Omit<Source, 'mapping'> & { mapping: string }>(source_versions);
  return rows.map((row) => ({ ...row, mapping: parseMapping(JSON.parse(row.mapping)) }));
}

/**
 * Changes a source: what is not named stays. The change holds within a second.
 *
 * @param reason why, for whoever asks later
 * @throws CodedError SOURCE_UNKNOWN
 */
export async function changeSource(
  client: SqlClient,
  clock: Clock,
  name: string,
  changes: Partial<Pick<Source, 'reads' | 'certificate_hashes' | 'mapping'>>,
  changed_by: string,
  reason: string,
): Promise<void> {
  const known = await knownSource(client, name);
  await insertVersion(client, clock, { ...known, ...changes }, changed_by, reason);
}

/** @throws CodedError SOURCE_UNKNOWN */
export async function knownSource(client: SqlClient, name: string): Promise<Source> {
  const known = (await listSources(client)).find(({ source }) => source === name);
  if (known) return known;
  throw new CodedError(
    'SOURCE_UNKNOWN',
    'There is no source of that name. See: npm run source -- list',
  );
}

/**
 * Makes a source, and returns its key, which is kept nowhere. The source `local` ends: it is for first steps.
 *
 * @throws CodedError SOURCE_NAME_INVALID, SOURCE_EXISTS
 */
export async function addSource(
  client: SqlClient,
  clock: Clock,
  wanted: NewSource,
): Promise<{ key: string }> {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(wanted.source)) {
    throw new CodedError(
      'SOURCE_NAME_INVALID',
      'A source has a name of lower-case letters, digits, - and _, that begins with a letter, to 63 characters.',
    );
  }
  const sources = await listSources(client);
  if (sources.some(({ source }) => source === wanted.source)) {
    throw new CodedError(
      'SOURCE_EXISTS',
      `There is a source ${wanted.source} already, or was. Take another name.`,
    );
  }
  const key = newKey();
  await insertVersion(client, clock, newSource(wanted, key), wanted.changed_by);
  const local = sources.find(({ source }) => source === local_source);
  if (local && !local.is_ended && wanted.source !== local_source) {
    await insertVersion(client, clock, { ...local, is_ended: true }, wanted.changed_by);
    const path = wanted.data_dir && join(wanted.data_dir, local_key_file);
    if (path && existsSync(path)) await removeFile(path);
  }
  return { key };
}

/**
 * Ends a source: its key is refused from then on, within a second. Its events stay.
 *
 * @throws CodedError SOURCE_UNKNOWN
 */
export async function endSource(
  client: SqlClient,
  clock: Clock,
  name: string,
  changed_by: string,
): Promise<void> {
  const known = await knownSource(client, name);
  if (!known.is_ended) await insertVersion(client, clock, { ...known, is_ended: true }, changed_by);
}

/**
 * Makes the source `local` on a directory that has no source yet, and keeps its key in `local.key` (mode 600), for
 * the machine itself only. Ends it, and removes the file, where another source exists or ingest binds elsewhere.
 */
export async function ensureLocalSource(options: {
  readonly client: SqlClient;
  readonly clock: Clock;
  readonly data_dir: string;
  readonly host: string;
}): Promise<void> {
  const { client, clock, data_dir } = options;
  const path = join(data_dir, local_key_file);
  const sources = await listSources(client);
  const local = sources.find(({ source }) => source === local_source);
  const is_wanted =
    isLoopback(options.host) &&
    sources.every(({ source }) => source === local_source) &&
    !local?.is_ended;
  if (!is_wanted) {
    if (local && !local.is_ended)
      await insertVersion(client, clock, { ...local, is_ended: true }, 'start');
    if (existsSync(path)) await removeFile(path);
    return;
  }
  if (local && existsSync(path)) return;
  const key = newKey();
  // The file first: a source whose key nobody has could not be used, and a key without its source is made anew.
  await replaceFile(path, `${key}\n`, 0o600);
  const made = newSource(
    { source: local_source, changed_by: 'start', is_loopback_only: true, reads: 'own' },
    key,
  );
  await insertVersion(client, clock, { ...made, version: local?.version ?? 0 }, 'start');
}

/** The hash under which a key is stored, as hex. A key has 256 random bits, so a plain hash gives nothing away. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Whether an address, of a peer or to bind, is the machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host);
}

// The prefix lets a scanner of repositories and mail tell a leaked key.
function newKey(): string {
  return `aak_${randomBytes(32).toString('base64url')}`;
}

function newSource(wanted: NewSource, key: string): Source {
  return {
    source: wanted.source,
    version: 0,
    key_hash: hashKey(key),
    is_simulated: wanted.is_simulated ?? false,
    is_loopback_only: wanted.is_loopback_only ?? false,
    organisation_codes: wanted.organisation_codes ?? [],
    default_staff_id_system: wanted.default_staff_id_system ?? default_staff_id_system,
    opening_rule: wanted.opening_rule ?? 'launch',
    is_ended: false,
    reads: wanted.reads ?? 'none',
    certificate_hashes: wanted.certificate_hashes ?? [],
    mapping: default_mapping,
  };
}

async function insertVersion(
  client: SqlClient,
  clock: Clock,
  source: Source,
  changed_by: string,
  change_reason = '',
): Promise<void> {
  await client.insert('source_versions', [
    {
      ...source,
      mapping: JSON.stringify(source.mapping),
      version: source.version + 1,
      changed_at: clock.now(),
      changed_by,
      change_reason,
    },
  ]);
}
