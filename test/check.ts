/** `npm run check`: types, lint, format, unused code; and that the type check of components can fail at all. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

/** Writes what component types stand on: `$app` and the routes' types. */
const svelte_sync = ['svelte-kit', 'sync', '-c', 'dashboard/vite.config.ts'];
const svelte_check = [
  'svelte-check',
  '--tsconfig',
  'dashboard/tsconfig.json',
  '--output',
  'human',
  '--fail-on-warnings',
];

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'generated types', command: svelte_sync },
  { name: 'component types', command: svelte_check },
  { name: 'lint', command: ['eslint', '.', '--max-warnings', '0'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'unused code', command: ['knip'] },
];

let passed = 0;
const failures: string[] = [];
for (const check of checks) report(check.name, run(check.command) === 0);
report('component types can fail', plantedErrorIsFound());
process.stdout.write(`\n${passed} passed, ${failures.length} failed\n`);
if (failures.length > 0) process.stdout.write(`Failed: ${failures.join(', ')}\n`);
process.exit(failures.length > 0 ? 1 : 0);

function report(name: string, is_fine: boolean): void {
  process.stdout.write(`${is_fine ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (is_fine) passed += 1;
  else failures.push(name);
}

function run(command: readonly string[], quiet = false): number {
  const [program = '', ...args] = command;
  const result = spawnSync('npx', ['--no-install', program, ...args], {
    stdio: quiet ? 'ignore' : 'inherit',
  });
  return result.status ?? 1;
}

/** svelte-check has been seen to pass without looking; a planted error must turn it red. */
function plantedErrorIsFound(): boolean {
  const planted = 'dashboard/lib/PlantedError.svelte';
  writeFileSync(
    planted,
    '<script lang="ts">\n  const planted: number = "text";\n</script>\n\n{planted}\n',
  );
  try {
    return run(svelte_check, true) !== 0;
  } finally {
    rmSync(planted, { force: true });
  }
}
