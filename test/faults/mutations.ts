/**
 * `npm run test:mutations`: breaks a copy of the source on purpose, once in each place that durability rests on, and
 * demands that a fault suite turns red. Prints a table; exit status 1 when a mutation lives.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { project_root } from '../../sql/statement.ts';

interface Mutation {
  readonly says: string;
  readonly file: string;
  /** Exact text, which has to be there, and what it becomes. `everywhere` where it stands more than once. */
  readonly from: string;
  readonly to: string;
  readonly everywhere?: true;
  /** The suite that has to turn red, of this folder or of `integration/`, and which of its tests. */
  readonly suite: string;
  readonly tests?: string;
  readonly environment?: Record<string, string>;
}

const mutations: readonly Mutation[] = [
  {
    says: 'no fsync of a segment before the answer',
    file: 'ingest/spool/segment-file.ts',
    from: 'await file.datasync();',
    to: '',
    suite: 'fsync-order',
  },
  {
    says: 'no fsync of the directory of a new segment',
    file: 'ingest/spool/segment-file.ts',
    from: 'if (!is_in_directory) await syncDirectory(folder);',
    to: '',
    suite: 'fsync-order',
  },
  {
    says: 'no fsync of a segment, seen by a power cut',
    file: 'ingest/spool/segment-file.ts',
    from: 'await file.datasync();',
    to: '',
    suite: 'power-cut',
  },
  {
    says: 'no fsync of the directory of a table',
    file: 'sql/client.ts',
    from: "await Promise.all(paths.filter((path) => path !== '').map(fsync));",
    to: '',
    suite: 'fsync-order',
  },
  {
    says: 'inserts of the engine that are not fsynced',
    file: 'sql/migrations/0001_events.sql',
    from: 'fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1',
    to: 'fsync_after_insert = 0',
    everywhere: true,
    suite: 'fsync-order',
  },
  {
    says: 'merges of the engine that are not fsynced',
    file: 'sql/migrations/0001_events.sql',
    from: 'min_rows_to_fsync_after_merge = 1',
    to: 'min_rows_to_fsync_after_merge = 0',
    everywhere: true,
    suite: 'fsync-order',
  },
  {
    says: 'a removal that is not fsynced',
    file: 'sql/files.ts',
    from: "if (error.code !== 'ENOENT') throw error;\n  });\n  await syncDirectory(dirname(path));",
    to: "if (error.code !== 'ENOENT') throw error;\n  });",
    suite: 'fsync-order',
  },
  {
    says: 'an answer that does not wait for the disk',
    file: 'ingest/spool/spool.ts',
    from: 'await commit(taken.map(({ batch }) => batch));',
    to: 'void commit(taken.map(({ batch }) => batch)).catch(() => {});',
    suite: 'disk-full',
  },
  {
    says: 'writes that the engine loses are not noticed',
    file: 'sql/write-watch.ts',
    from: 'if (seen === before) return true;',
    to: 'return true;',
    suite: 'disk-full',
    tests: 'no bytes',
  },
  {
    says: 'no comparison with what is stored',
    file: 'ingest/queries/store_events.sql',
    from: "WHERE record = 'event'\n    AND segment_position NOT IN (SELECT segment_position FROM segment_verdicts WHERE verdict != 'store')",
    to: "WHERE record = 'event'",
    suite: 'connections',
    tests: 'two connections|comes on two',
  },
  {
    says: 'a number of a load that is given again after a crash',
    file: 'ingest/queries/open_intent.sql',
    from: 'WHERE load_intents.load_seq > {load_seq:UInt64}',
    to: 'WHERE load_intents.load_seq > {load_seq:UInt64} AND 0',
    suite: 'integration/ingest/unfinished-loads.int',
  },
  {
    says: 'a lease whose token is used again after a failure, and sessions that stay open',
    file: 'ingest/loader/loader.ts',
    from: 'lease.drop();',
    to: '',
    suite: 'answers-lost',
    environment: { FAULT_INSERTS: '200' },
  },
  {
    says: 'a segment that is let go whether it is loaded or not',
    file: 'ingest/loader/loader.ts',
    from: 'lease.drop();',
    to: 'lease.drop();\n        await spool.remove(segment);\n        return;',
    suite: 'answers-lost',
    environment: { FAULT_INSERTS: '150' },
  },
  {
    says: 'no check sum of a batch',
    file: 'ingest/spool/format.ts',
    from: 'if (tail !== `,"crc32":${crc32(line.subarray(0, at), crc32(before))}}`) return undefined;',
    to: '',
    suite: 'damage',
    tests: 'one flipped bit|wherever',
  },
  {
    says: 'no check of a segment that waited',
    file: 'ingest/loader/loader.ts',
    from: 'const checked = await spool.recheck(segment);\n        if (!checked) return;\n        segment = checked;',
    to: '',
    suite: 'damage',
    tests: 'changed on the disk',
  },
];

const only = process.argv[2];
/** Suites that were run as they are: red means something only where that is green. */
const green = new Set<string>();
const rows: { says: string; suite: string; is_killed: boolean; seconds: number }[] = [];
for (const mutation of mutations.filter(({ says }) => only === undefined || says.includes(only))) {
  const started = performance.now();
  const plain = `${mutation.suite} ${mutation.tests ?? ''}`;
  if (!green.has(plain) && turnsRed({ ...mutation, to: mutation.from }))
    throw new Error(`The suite ${mutation.suite} is red without a mutation.`);
  green.add(plain);
  const is_killed = turnsRed(mutation);
  const seconds = Math.round((performance.now() - started) / 1000);
  rows.push({ says: mutation.says, suite: mutation.suite, is_killed, seconds });
  process.stdout.write(
    `${is_killed ? 'red  ' : 'LIVES'}  ${mutation.suite.padEnd(14)} ${String(seconds).padStart(4)} s  ${mutation.says}\n`,
  );
}
const alive = rows.filter(({ is_killed }) => !is_killed).length;
process.stdout.write(`\n${rows.length - alive} of ${rows.length} mutations turned a suite red\n`);
process.exit(alive > 0 || rows.length === 0 ? 1 : 0);

function turnsRed({ file, from, to, everywhere, suite, tests, environment }: Mutation): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'access-audit-mutation-'));
  try {
    const left_out = new Set(['node_modules', '.git', 'data', '.svelte-kit', 'build']);
    cpSync(project_root, copy, {
      recursive: true,
      filter: (path) => !left_out.has(basename(path)),
    });
    symlinkSync(join(project_root, 'node_modules'), join(copy, 'node_modules'));
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    const times = text.split(from).length - 1;
    if (times === 0 || (times > 1 && !everywhere))
      throw new Error(`${file} has the text ${times} times that is to be changed:\n${from}`);
    writeFileSync(path, text.replaceAll(from, to));
    const { status, stdout, error } = spawnSync(
      process.execPath,
      [
        join(copy, 'node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--project',
        suite.startsWith('integration/') ? 'integration' : 'faults',
        suite.startsWith('integration/') ? `test/${suite}.test.ts` : `test/faults/${suite}.test.ts`,
        ...(tests === undefined ? [] : ['-t', tests]),
      ],
      {
        cwd: copy,
        encoding: 'utf8',
        env: { ...process.env, ...environment },
        timeout: 300_000,
      },
    );
    // Red because a test failed, or since a load never ends, and not because nothing could be run.
    const is_endless = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
    return is_endless || (status !== 0 && /\d+ failed/.test(stdout));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
