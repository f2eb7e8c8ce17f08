/** The sealing key: a file of the data directory, made at the first start, and replaced by a rotation. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncDirectory } from '../files.ts';
import { newSigner, parseSigner, type Signer } from './note.ts';

const key_file = 'seal.key';
/** The key before it, while a rotation is under way: each log names the new key under both signatures. */
const old_key_file = 'seal.key.old';

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

/** The key that a rotation under way replaces; undefined where there is none. */
export async function readOldKey(data_dir: string): Promise<Signer | undefined> {
  const known = await readIfThere(join(data_dir, old_key_file));
  return known === undefined ? undefined : parseSigner(known);
}

/** Puts a new key under the same name in the place of the old one, which stays beside it until `dropOldKey`. */
export async function replaceKey(data_dir: string): Promise<Signer> {
  const old = await readKey(data_dir);
  const next = newSigner(old.verifier.name);
  await replaceFile(join(data_dir, old_key_file), `${old.skey}\n`);
  await replaceFile(join(data_dir, key_file), `${next.skey}\n`);
  return next;
}

/** Ends a rotation: the old key signs nothing any more. Its public half stays in the log. */
export async function dropOldKey(data_dir: string): Promise<void> {
  await unlink(join(data_dir, old_key_file));
  await syncDirectory(data_dir);
}

/** Writes the public half to where checkpoints are taken from, so that whoever keeps them can check them. */
export async function publishVerifier(data_dir: string, vkey: string): Promise<void> {
  const folder = join(data_dir, 'witness');
  const path = join(folder, 'verifier');
  if ((await readIfThere(path))?.trim() === vkey) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(path, `${vkey}\n`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
