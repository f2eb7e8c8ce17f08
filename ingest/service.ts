/** The ingest service: opens the spool, starts the loader, listens. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { CodedError } from '../sql/errors.ts';
import type { Logger } from '../sql/log.ts';
import { openSealLog } from '../sql/seals/log.ts';
import { finishErasures } from '../sql/seals/erase.ts';
import { sealOlderLoads } from '../sql/seals/seal-older.ts';
import { createApp } from './http/app.ts';
import { createAuthenticator } from './http/authenticate.ts';
import { default_limits, type IngestLimits } from './limits.ts';
import { createLease } from './loader/lease.ts';
import { startLoader } from './loader/loader.ts';
import { replaceFile } from '../sql/files.ts';
import type { FaultPoint } from './spool/segment-file.ts';
import { startRerunWorker } from './rerun/worker.ts';
import { openSpool } from './spool/spool.ts';
import { createSyslogCounts } from './syslog/counts.ts';
import { startSyslog, type SyslogReceiver } from './syslog/receiver.ts';
import type { SyslogSettings } from './syslog/settings.ts';

export interface IngestOptions {
  readonly engine: Engine;
  /** Holds `spool/`, `seal.key` and `witness/`. Belongs to this process alone. */
  readonly data_dir: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where syslog is taken; nowhere unless given. */
  readonly syslog?: SyslogSettings;
  readonly limits?: Partial<IngestLimits>;
  /** Tests make a step fail by throwing here. */
  readonly fault?: FaultPoint;
}

export interface Ingest {
  /** Where it listens, e.g. `http://127.0.0.1:3001`. */
  readonly address: string;
  /** The ports on which syslog is taken. */
  readonly syslog_ports: SyslogReceiver['ports'];
  /** Takes no more, puts what was taken on disk, loads what it can within a bound, and lets go. */
  close(): Promise<void>;
}

/**
 * Starts ingest on a migrated database.
 *
 * @throws CodedError PORT_IN_USE, SPOOL_VERSION_NEWER, CONFIG_INVALID
 */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { engine, clock, log, fault = () => {} } = options;
  const limits: IngestLimits = { ...default_limits, ...options.limits };
  const folder = join(options.data_dir, 'spool');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const spool = await openSpool({ folder, limits, clock, log, fault });
  const client = await engine.client('ingest');
  const http_client = await engine.client('ingest-http', 1);
  // Searches take their time; receipts and keys must not wait behind them.
  const retrieval_client = await engine.client('ingest-retrieval', 2);
  const instance = await instanceOf(folder);
  const lease = createLease(client, clock, 'loader', instance, limits.lease_ms);
  const { data_dir } = options;
  const seals = openSealLog({ client, clock, data_dir, log_name: 'events', log });
  const older = await sealOlderLoads({ client, seals }, log);
  await finishErasures({ client, clock, seals });
  if (older > 0) log.info({ loads: older }, 'loads from before there were seals are sealed now');
  const loader = startLoader({ spool, client, lease, seals, clock, log, limits, fault });
  const authenticator = createAuthenticator(
    http_client,
    limits.sources_age_ms_max,
    limits.failed_keys_per_minute_max,
  );
  const counts = createSyslogCounts();
  let syslog: SyslogReceiver | undefined;
  const rerun_client = await engine.client('ingest-rerun');
  const reruns = startRerunWorker({
    client: rerun_client,
    spool,
    lease: createLease(rerun_client, clock, 'rerun', instance, limits.lease_ms),
    clock,
    limits,
    log,
  });
  const app = await createApp({
    data_dir,
    spool,
    loader,
    client: http_client,
    retrieval_client,
    clock,
    limits,
    log,
    authenticator,
    syslog: { ...counts, openConnections: () => syslog?.openConnections() ?? 0 },
  });
  async function release(load_ms: number): Promise<void> {
    await Promise.all([app.close(), syslog?.close(), reruns.close()]);
    await spool.close();
    await loader.close(load_ms);
    await seals.close();
    await Promise.all([
      client.close(),
      http_client.close(),
      retrieval_client.close(),
      rerun_client.close(),
    ]);
  }
  try {
    const taking = { spool, clock, limits, log, counts, ...authenticator };
    if (options.syslog) syslog = await startSyslog(options.syslog, taking);
    const address = await app.listen({ host: options.host, port: options.port });
    log.info({ address }, 'ingest listens');
    return {
      address,
      syslog_ports: syslog?.ports ?? {},
      close: () => release(limits.close_load_ms_max),
    };
  } catch (cause) {
    await release(0);
    if ((cause as { code?: string }).code !== 'EADDRINUSE') throw cause;
    throw new CodedError(
      'PORT_IN_USE',
      `Port ${options.port} on ${options.host} is in use. Stop what uses it, or set INGEST_PORT to another.`,
      { cause },
    );
  }
}

/** A name for the data directory, made once: the loader's lease is the directory's, whichever process holds it. */
async function instanceOf(folder: string): Promise<string> {
  const path = join(folder, 'instance-id');
  if (existsSync(path)) return (await readFile(path, 'utf8')).trim();
  const instance = randomBytes(9).toString('hex');
  await replaceFile(path, `${instance}\n`);
  return instance;
}
