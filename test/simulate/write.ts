// Owns the output directory: that it is empty to begin with, and that every piece is appended to it.

import { appendFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Chunk } from './exchange.ts';

/** The output directory holds something already, or is no directory. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** Makes the directory, with those above it. Throws an OutputError if it is there and not empty. */
export async function prepareOutput(directory: string): Promise<void> {
  let present: string[];
  try {
    await mkdir(directory, { recursive: true });
    present = await readdir(directory);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new OutputError(`cannot write to ${directory}: ${problem}`, { cause });
  }
  if (present.length > 0)
    throw new OutputError(`${directory} is not empty; name a new directory, or empty this one`);
}

/**
 * Appends each piece to its file, and waits for it before it takes the next, so that no more than
 * one piece is ever held. Returns the number of lines in each file, or in all files of a folder for
 * `events`.
 */
export async function writeChunks(
  directory: string,
  chunks: Iterable<Chunk>,
  onChunk: (chunk: Chunk) => void = () => undefined,
): Promise<Record<string, number>> {
  const lines: Record<string, number> = {};
  const folders = new Set<string>();
  for (const chunk of chunks) {
    const path = join(directory, chunk.file);
    if (!folders.has(dirname(path))) {
      await mkdir(dirname(path), { recursive: true });
      folders.add(dirname(path));
    }
    await appendFile(path, chunk.text);
    const name = chunk.file.startsWith('events/')
      ? 'events'
      : chunk.file.replace(/^reference\/|\.ndjson$/g, '');
    lines[name] = (lines[name] ?? 0) + chunk.rows;
    onChunk(chunk);
  }
  return lines;
}
