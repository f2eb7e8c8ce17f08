/** The files of an exchange, written again in another order or in other pieces. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the events of the exchange `from` to the directory `to`: a file for each of the parts that `into` makes. */
export function rewriteEvents(
  from: string,
  to: string,
  into: (lines: string[]) => string[][],
): void {
  const lines = readdirSync(join(from, 'events'))
    .sort()
    .flatMap((name) => linesOf(join(from, 'events', name)));
  mkdirSync(join(to, 'events'), { recursive: true });
  for (const [index, part] of into(lines).entries()) {
    writeFileSync(join(to, 'events', `${index}.ndjson`), part.join('\n') + '\n');
  }
}

/** The lines of a file that are not empty. */
export function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
