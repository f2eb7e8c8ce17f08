/** The dashboard as browser tests use it: an engine, the built application, a browser, and who is signed in. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { ensureBuilt } from '../../dashboard/build.ts';
import { startDashboard, type Dashboard } from '../../dashboard/service.ts';
import { openEngine, type Engine, type SqlClient } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { createLogger } from '../../sql/log.ts';
import { migrate } from '../../sql/migrate.ts';
import { openBrowser } from '../support/browser.ts';

export type Person = 'investigator' | 'guardian' | 'programme-lead' | 'administrator';

export interface Stage {
  readonly engine: Engine;
  readonly client: SqlClient;
  readonly dashboard: Dashboard;
  readonly browser: Browser;
  /** A browser window of its own, in which `person` is signed in. */
  signedIn(
    person: Person,
    options?: { width?: number; has_javascript?: boolean },
  ): Promise<BrowserContext>;
}

/** One dashboard on an engine of its own for the file, filled by `fill`. */
export function useStage(fill: (client: SqlClient) => Promise<void>): () => Stage {
  let stage: Stage | undefined;
  let data_dir = '';
  beforeAll(async () => {
    await ensureBuilt({ say: (line) => void process.stderr.write(`${line}\n`) });
    data_dir = await mkdtemp(join(tmpdir(), 'access-audit-browser-'));
    const engine = await openEngine({ path: join(data_dir, 'clickhouse') });
    const client = await engine.client('test');
    await migrate(client, system_clock);
    await fill(client);
    const dashboard = await startDashboard({
      engine,
      data_dir,
      host: '127.0.0.1',
      port: 0,
      clock: system_clock,
      log: createLogger('error'),
      is_demo: true,
      ingest_address: 'http://127.0.0.1:3001',
    });
    const browser = await openBrowser();
    stage = {
      engine,
      client,
      dashboard,
      browser,
      async signedIn(person, { width = 1280, has_javascript = true } = {}) {
        const context = await browser.newContext({
          baseURL: dashboard.address,
          viewport: { width, height: 900 },
          javaScriptEnabled: has_javascript,
        });
        await context.request.get(`/sign-in/demo/${person}`);
        return context;
      },
    };
  }, 180_000);
  afterAll(async () => {
    await stage?.browser.close();
    await stage?.dashboard.close();
    await stage?.engine.close();
    await rm(data_dir, { recursive: true, force: true });
  }, 60_000);
  return () => {
    if (!stage) throw new Error('The stage stands only while tests run.');
    return stage;
  };
}
