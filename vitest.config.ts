import { defineConfig } from 'vitest/config';

// Suites by what they need: unit has no I/O, integration an engine, browser the whole system.
// The embedded engine crashes in worker threads, and takes one directory a process: hence forks, one a file.
const shared = { pool: 'forks', isolate: true, env: { TZ: 'UTC' } } as const;

export default defineConfig({
  test: {
    // On two cores the default is one worker, and most suites wait for disks and servers, not for a processor.
    maxWorkers: 3,
    projects: [
      // A property test of the spool writes real files, some hundred times over.
      {
        test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          globalSetup: 'test/support/migrated.ts',
          include: ['test/**/*.int.test.ts'],
          // The whole catalogue takes seconds to judge the smallest world: it is planned anew each time.
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['test/browser/**/*.e2e.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      // All cases of the detectors and explanations, with every threshold moved: minutes of planning.
      {
        test: {
          ...shared,
          name: 'cases',
          globalSetup: 'test/support/migrated.ts',
          include: ['test/cases/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      // The same exchange in ever other pieces and orders, judged as a whole each time.
      {
        test: {
          ...shared,
          name: 'deliveries',
          globalSetup: 'test/support/migrated.ts',
          include: ['test/deliveries/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      // Programs that others wrote: installed by the suite where they are missing.
      {
        test: {
          ...shared,
          name: 'senders',
          globalSetup: 'test/support/migrated.ts',
          include: ['test/senders/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'faults',
          globalSetup: 'test/support/migrated.ts',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
