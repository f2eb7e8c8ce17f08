/** Runs Vitest projects, and prints the closing line `N passed, N failed, N skipped`; exit status 1 on any failure. */
import { readFileSync, statfsSync } from 'node:fs';
import { startVitest } from 'vitest/node';

const projects = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const known = ['unit', 'integration', 'browser', 'cases', 'deliveries', 'senders', 'faults'];
const unknown = projects.filter((project) => !known.includes(project));
if (projects.length === 0 || unknown.length > 0) {
  process.stderr.write(`Use: node test/run.ts ${known.join(' | ')} (several are possible).\n`);
  process.exit(2);
}

// Thousands of fsyncs on a disk would take most of the time. The fault suites, which are about them, stay on the disk.
const memory_disk = '/dev/shm';
if (!projects.includes('faults') && !process.env['TMPDIR'] && freeBytes(memory_disk) > 8 * 2 ** 30)
  process.env['TMPDIR'] = memory_disk;

const started = performance.now();
const vitest = await startVitest('test', [], { project: projects, watch: false, run: true });
const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
let broken_files = 0;
for (const file of vitest.state.getTestModules()) {
  for (const test of file.children.allTests()) counts[test.result().state] += 1;
  // A file that fails to load has no tests, and a suite may fail after its last: both must still fail the run.
  const suites = [file, ...file.children.allSuites()];
  broken_files += suites.filter((suite) => suite.errors().length > 0).length;
}
const unhandled = vitest.state.getUnhandledErrors().length;
await vitest.close();

const failed = counts.failed + counts.pending + broken_files + unhandled;
const seconds = Math.round((performance.now() - started) / 1000);
process.stdout.write(`\n${projects.join(', ')} in ${seconds} s\n`);
process.stdout.write(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`);
process.exit(failed > 0 || counts.passed === 0 ? 1 : 0);

/** 0 where there is no such file system, or none from which the browser and the server could be started. */
function freeBytes(path: string): number {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === path);
    if (!mount || /\bnoexec\b/.test(mount)) return 0;
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
