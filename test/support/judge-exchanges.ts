/** The process behind `judgeExchanges`: data directory, then exchange directories; prints what came of it as JSON. */
import { startAnalytics } from '../../analytics/service.ts';
import { checkInvariants } from '../../analytics/invariants.ts';
import { loadDirectory } from '../../ingest/load-command.ts';
import { addSource } from '../../ingest/sources.ts';
import { system_clock } from '../../sql/clock.ts';
import { createLogger } from '../../sql/log.ts';
import { parseStatement } from '../../sql/statement.ts';
import { readConfig, reportFailure, serve } from '../../start.ts';
import {
  readDetectors,
  readExplanations,
  readLinks,
  readQueue,
  readShadowAlerts,
  sumOf,
} from './judged-tables.ts';
import type { Judged, JudgedAlert } from './judged-exchange.ts';

async function main(): Promise<void> {
  const [data_dir = '', ...exchanges] = process.argv.slice(2);
  const config = readConfig({ DATA_DIR: data_dir, SERVICES: 'ingest', INGEST_PORT: '0' });
  const log = createLogger('warn');
  const running = await serve(config, log, progress);
  if (!running.ingest) throw new Error('Ingest did not start.');
  const client = await running.engine.client('judge');
  const { key } = await addSource(client, system_clock, {
    source: 'judged-exchange',
    is_simulated: true,
    changed_by: 'test',
  });
  const analytics = await startAnalytics({ engine: running.engine, clock: system_clock, log });
  const totals: Judged['totals'][number][] = [];
  for (const dir of exchanges) {
    totals.push(await loadDirectory({ dir, url: running.ingest.address, key, progress }));
    await analytics.settled(progress);
  }
  const alerts = await client.rows<Omit<JudgedAlert, 'link'>>(
    parseStatement(
      'judged alerts',
      `SELECT alert_id, detector_id, staff_id_system, staff_id, organisation_code, patient_id, event_ids, score, reason,
         toString(last_at) AS last_at
       FROM alerts WHERE status = 'open' ORDER BY alert_id`,
    ),
    undefined,
    { limits: 'analysis' },
  );
  const links = await readLinks(client);
  const explanations = await readExplanations(client);
  const accesses = sumOf(explanations, 'accesses');
  const differences = await checkInvariants(client);
  const judged: Judged = {
    alerts: alerts.map((alert) => ({ ...alert, link: links.get(alert.alert_id) ?? 'unknown' })),
    shadow_alerts:
      process.env['WITH_SHADOW'] === undefined ? [] : await readShadowAlerts(client, progress),
    detectors: await readDetectors(client),
    queue: await readQueue(client),
    explanations,
    accesses,
    explained: sumOf(explanations, 'explained') / Math.max(accesses, 1),
    rollups_equal_source: differences.length === 0,
    totals,
  };
  // Some megabytes through a pipe: an exit before they are read would cut them.
  await new Promise((resolve) => process.stdout.write(JSON.stringify(judged), resolve));
  await analytics.close();
  await running.stop();
  process.exit(0);
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  reportFailure(error);
}
