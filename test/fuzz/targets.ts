/** Finds the fuzz targets: whatever the files of this folder export that is one. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FuzzTarget } from './target.ts';

const folder = import.meta.dirname;
const not_targets = new Set(['main.ts', 'fuzz.ts', 'mutate.ts', 'target.ts', 'targets.ts']);

/** All targets, by name. */
export async function findTargets(): Promise<FuzzTarget[]> {
  const found: FuzzTarget[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || not_targets.has(file)) continue;
    const exported = (await import(join(folder, file))) as Record<string, unknown>;
    for (const value of Object.values(exported).flat()) if (isTarget(value)) found.push(value);
  }
  return found;
}

function isTarget(value: unknown): value is FuzzTarget {
  const target = value as Partial<FuzzTarget> | null | undefined;
  return (
    typeof target === 'object' &&
    typeof target?.name === 'string' &&
    typeof target.run === 'function' &&
    Array.isArray(target.seeds)
  );
}
