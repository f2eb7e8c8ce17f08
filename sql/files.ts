/** Files that have to survive a power cut: replaced whole or appended to, and fsynced with their directory. */
import { open, rename } from 'node:fs/promises';
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
