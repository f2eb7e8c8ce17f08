/** The few file operations that durability rests on, each fsynced with its directory: what they did survives a power cut. */
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes what was created, renamed or removed in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Writes a whole file under another name, fsyncs it, and puts it in its place. */
export async function replaceFile(
  path: string,
  bytes: string | Buffer,
  mode = 0o600,
): Promise<void> {
  const building = `${path}.building`;
  const file = await open(building, 'w', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(building, path);
  await syncDirectory(dirname(path));
}

/** Appends to a file, which is made where there is none, and fsyncs it. */
export async function appendToFile(path: string, bytes: string, mode = 0o600): Promise<void> {
  const file = await open(path, 'a', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(path));
}

/** Removes a file, for good. That it is gone already is fine: an earlier attempt may have failed at its fsync. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await syncDirectory(dirname(path));
}

/** Moves a file within its file system, for good. */
export async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
  if (dirname(to) !== dirname(from)) await syncDirectory(dirname(from));
}
