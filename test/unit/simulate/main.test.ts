// Holds the command line to its answers: one clear line for what is wrong, and exit 2.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../../simulate/main.ts');

describe('npm run simulate', () => {
  it.each([
    [['--days', '3', '--seed', '1', '--out', 'x'], '--staff is missing'],
    [
      ['--staff', 'many', '--days', '3', '--seed', '1', '--out', 'x'],
      '--staff must be a whole number from 20 to 50000, and is "many"',
    ],
    [
      ['--staff', '100', '--days', '731', '--seed', '1', '--out', 'x'],
      '--days must be a whole number from 2 to 730, and is "731"',
    ],
    [['--staff', '100', '--days', '3', '--seed', '1'], '--out is missing'],
    [
      ['--staff', '100', '--days', '3', '--seed', '1', '--out', 'x', '--speed', '9'],
      "Unknown option '--speed'",
    ],
    [
      ['--staff', '100', '--days', '3', '--seed', '1', '--out', 'x', '--ends-on', '2026-02-30'],
      'not a calendar date',
    ],
    [
      ['--staff', '100', '--days', '3', '--seed', '1', '--out', 'x', '--ends-on', '2999-01-01'],
      'must be a day that is over',
    ],
    [
      [
        '--staff',
        '100',
        '--days',
        '3',
        '--seed',
        '1',
        '--out',
        import.meta.dirname,
        '--ends-on',
        '2026-02-01',
      ],
      'is not empty',
    ],
  ])('refuses %j', (args, message) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      encoding: 'utf8',
    });
    expect(stderr.split('\n')[0]).toContain(message);
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });
});
