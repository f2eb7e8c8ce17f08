/** Builds what is preloaded into the process, and reads what it keeps. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = join(import.meta.dirname, 'shim.c');

/** The library; undefined, with a word on why, where there is no C compiler or no Linux. */
export function buildShim(): string | undefined {
  const key = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const library = join(tmpdir(), `access-audit-shim-${key}.so`);
  if (existsSync(library)) return library;
  const building = `${library}.${process.pid}`;
  try {
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', building, source, '-ldl', '-lpthread']);
  } catch {
    process.stderr.write(
      'No C compiler (cc) here: power cuts, clocks and full disks are not shown.\n',
    );
    return undefined;
  }
  renameSync(building, library);
  return library;
}

/** Writes by how many milliseconds the wall clock is off, for SHIM_CLOCK. */
export async function setClock(path: string, offset_ms: number): Promise<void> {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(offset_ms));
  // Written in place: the process has the file mapped.
  await writeFile(path, bytes, { flag: existsSync(path) ? 'r+' : 'w' });
}

export interface PowerCut {
  /** What every fsync that returned has put on the disk. */
  readonly shadow: string;
  /** The directory as the page cache had it. */
  readonly data_dir: string;
  /** Where the disk is to be laid out, as it is after the power cut. */
  readonly to: string;
  /** Decides what of that which no fsync covered is there all the same, for files under `loose`. */
  readonly random: () => number;
  readonly loose: string;
}

/** Lays out the disk after a power cut, and returns how many bytes and names no fsync covered. */
export async function layOutDisk(cut: PowerCut): Promise<{ bytes: number; names: number }> {
  const lost = { bytes: 0, names: 0 };
  await layOutDirectory(cut, await inodeOf(cut.data_dir), cut.data_dir, cut.to, lost);
  return lost;
}

async function layOutDirectory(
  cut: PowerCut,
  inode: string,
  real: string,
  to: string,
  lost: { bytes: number; names: number },
): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const listed = await readFile(join(cut.shadow, `${inode}.dir`), 'utf8').catch(() => '');
  const is_loose = real.startsWith(cut.loose);
  const safe = new Set<string>();
  for (const line of listed.split('\n').filter((each) => each !== '')) {
    const [kind = '', of = '', ...rest] = line.split(' ');
    const name = rest.join(' ');
    safe.add(name);
    if (kind === 'l') await symlink(of, join(to, name));
    else if (kind === 'd') await layOutDirectory(cut, of, join(real, name), join(to, name), lost);
    else await layOutFile(cut, of, join(real, name), join(to, name), is_loose, lost);
  }
  for (const entry of await readdir(real, { withFileTypes: true }).catch(() => [])) {
    if (safe.has(entry.name)) continue;
    lost.names += 1;
    // A new name may have reached the disk without an fsync; its bytes may have, in part.
    if (!is_loose || !entry.isFile() || cut.random() < 0.5) continue;
    const path = join(real, entry.name);
    await layOutFile(cut, await inodeOf(path), path, join(to, entry.name), true, lost);
  }
}

async function layOutFile(
  cut: PowerCut,
  inode: string,
  real: string,
  to: string,
  is_loose: boolean,
  lost: { bytes: number },
): Promise<void> {
  const kept = join(cut.shadow, `${inode}.file`);
  if (existsSync(kept)) await copyFile(kept, to);
  else await writeFile(to, '');
  // The name may be another file's by now.
  if ((await inodeOf(real).catch(() => '')) !== inode) return;
  const bytes = await readFile(real);
  const safe = (await stat(to)).size;
  lost.bytes += Math.max(bytes.length - safe, 0);
  if (!is_loose || bytes.length <= safe) return;
  // Of what no fsync covered a beginning may be there, or zeros of its length, or nothing.
  const length = Math.floor(cut.random() * (bytes.length - safe + 1));
  const tail = bytes.subarray(safe, safe + length);
  const chance = cut.random();
  if (chance < 0.4) await writeFile(to, tail, { flag: 'a' });
  else if (chance < 0.7) await writeFile(to, Buffer.alloc(length), { flag: 'a' });
}

async function inodeOf(path: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(path, { bigint: true });
  return `${ino}-${birthtimeNs}`;
}
