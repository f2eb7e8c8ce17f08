/** The senders that the suite needs as programs: installed where they are missing, and said so where they cannot be. */
import { execFileSync, spawnSync } from 'node:child_process';

/**
 * Installs the packages of a program on Debian, unless it is there.
 *
 * @returns why the program is not to be had; empty where it is
 */
export function missingProgram(program: string, packages: readonly string[]): string {
  if (isInstalled(program)) return '';
  if (process.getuid?.() !== 0 || !isInstalled('apt-get'))
    return `${program} is not installed, and it takes root and apt-get to do so: apt-get install ${packages.join(' ')}`;
  try {
    // A fresh container has no lists of packages; a daemon that a package starts would be in our way.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    execFileSync('apt-get', ['update'], { env, stdio: 'ignore', timeout: 300_000 });
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      env,
      stdio: 'ignore',
      timeout: 300_000,
    });
  } catch {
    return `apt-get could not install ${packages.join(' ')}.`;
  }
  return isInstalled(program) ? '' : `${packages.join(' ')} brought no ${program}.`;
}

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status === 0;
}
