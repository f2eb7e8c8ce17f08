/** Chromium for tests, from its npm package: nothing else need be installed, not even its libraries. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import chromiumPackage, { inflate } from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

/** Opens Chromium. It ends with `close`, or with this process. */
export async function openBrowser(): Promise<Browser> {
  const { program, environment } = await unpackChromium();
  return chromium.launch({
    executablePath: program,
    // The package's own flags are for a cloud function, and switch off the web's security, which is under test here.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--font-render-hinting=none',
    ],
    env: { PATH: process.env['PATH'] ?? '', HOME: dirname(program), ...environment },
  });
}

interface Unpacked {
  readonly program: string;
  readonly environment: Record<string, string>;
}

/**
 * Unpacks the browser once a version. Suites that run side by side may each do so: aside, and the first to be done gives it
 * its place, so that nobody finds it half unpacked.
 */
async function unpackChromium(): Promise<Unpacked> {
  const package_folder = join(
    dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')),
    '..',
  );
  const { version } = JSON.parse(readFileSync(join(package_folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = join(tmpdir(), `access-audit-chromium-${version}-unpacked`);
  if (!existsSync(folder)) {
    const aside = mkdtempSync(`${folder}-`);
    await within(aside, () => chromiumPackage.executablePath());
    await within(aside, () => inflate(join(package_folder, 'bin', 'al2023.tar.br')));
    // Its own configuration looks for fonts under /tmp only, and without any font the browser dies.
    writeFileSync(join(aside, 'fonts.conf'), fontsConfiguration(folder));
    try {
      renameSync(aside, folder);
    } catch (error) {
      rmSync(aside, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  const program = join(folder, 'chromium');
  const fonts = { FONTCONFIG_FILE: join(folder, 'fonts.conf') };
  const libraries = join(folder, 'al2023', 'lib');
  // The libraries that it brings are for machines without; where there are some, those match the rest of the system.
  return lacksLibraries(program)
    ? { program, environment: { ...fonts, LD_LIBRARY_PATH: libraries } }
    : { program, environment: fonts };
}

function fontsConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>
`;
}

/** Runs `work` with the temporary directory that the package unpacks to set to `folder`. */
async function within<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

function lacksLibraries(program: string): boolean {
  const { stdout, status } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return status !== 0 || stdout.includes('not found');
}
