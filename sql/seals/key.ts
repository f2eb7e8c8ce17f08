/** The sealing key: a file of the data directory, made at the first start, and replaced by a rotation. */
import { randomBytes } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncDirectory } from '../files.ts';
import { newSigner, parseSigner, type Signer } from './note.ts';

const key_file = 'seal.key';
const next_key_file = 'seal.key.next';

/**
 * The key of this data directory. The first call makes one, under a name of its own: no two logs share a name.
 *
 * @throws CodedError SEAL_KEY_INVALID
 */
export async function readKey(data_dir: string): Promise<Signer> {
  const path = join(data_dir, key_file);
  const known = await readIfThere(path);
  if (known !== undefined) return parseSigner(known);
  const made = newSigner(`access-audit/${randomBytes(8).toString('hex')}`);
  await replaceFile(path, `${made.skey}\n`);
  return made;
}

/** A new key under the same name, on disk before any head names it. */
export async function prepareNextKey(data_dir: string, current: Signer): Promise<Signer> {
  const next = newSigner(current.verifier.name);
  await replaceFile(join(data_dir, next_key_file), `${next.skey}\n`);
  return next;
}

/** The key that a rotation prepared and did not put in place; undefined where there is none. */
export async function readNextKey(data_dir: string): Promise<Signer | undefined> {
  const known = await readIfThere(join(data_dir, next_key_file));
  return known === undefined ? undefined : parseSigner(known);
}

/** Puts the prepared key in the place of the old one, which goes: its public half stays in the log. */
export async function takeNextKey(data_dir: string): Promise<void> {
  await rename(join(data_dir, next_key_file), join(data_dir, key_file));
  await syncDirectory(data_dir);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
