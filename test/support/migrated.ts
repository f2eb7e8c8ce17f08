/** Before the suites: a data directory with all tables and no rows, of which each suite gets a copy. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where it is. */
    migrated: string;
  }
}

/** To make the tables takes a second of processor, and the suites ask for them some eighty times. */
export function setup(project: TestProject): () => void {
  const data_dir = mkdtempSync(join(tmpdir(), 'access-audit-migrated-'));
  execFileSync(process.execPath, [join(import.meta.dirname, 'make-migrated.ts'), data_dir]);
  project.provide('migrated', data_dir);
  return () => rmSync(data_dir, { recursive: true, force: true });
}
