/** The seals as Prometheus metrics: how many, how old the newest is, and how old the checkpoint that is shipped. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Gauge, type Registry } from 'prom-client';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { loadStatement } from '../../sql/statement.ts';

const newest_seal = loadStatement('sql/seals/queries/newest_seal.sql');
const logs = ['events', 'own_audit'] as const;
type Log = (typeof logs)[number];

/**
 * Registers the metrics. What cannot be read, or is not there yet, is absent: of a log without entries there is no age.
 * An age grows while nothing is loaded, so an alert compares it with that of the last delivery.
 */
export function registerSealMetrics(
  registry: Registry,
  { client, clock, data_dir }: { client: SqlClient; clock: Clock; data_dir: string },
): void {
  const newest = async (log: Log) => {
    const [row] = await client.rows<{ size: string; sealed_at_ms: string }>(newest_seal, { log });
    return row;
  };
  const age = (at_ms: number) => Math.max(0, clock.now() - at_ms) / 1000;
  const gauge = (
    name: string,
    help: string,
    read: (log: Log) => Promise<number | undefined>,
  ): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['log'],
      registers: [registry],
      async collect() {
        this.reset();
        for (const log of logs) {
          const value = await read(log).catch(() => undefined);
          if (value !== undefined) this.set({ log }, value);
        }
      },
    });
  gauge('access_audit_seals', 'Entries of a log of seals: the size of its tree.', async (log) => {
    const seal = await newest(log);
    return seal && Number(seal.size);
  });
  gauge(
    'access_audit_seal_age_seconds',
    'Seconds since the newest entry of a log of seals was made.',
    async (log) => {
      const seal = await newest(log);
      return seal && age(Number(seal.sealed_at_ms));
    },
  );
  gauge(
    'access_audit_witness_age_seconds',
    'Seconds since the checkpoint in witness/ was written.',
    async (log) => {
      const name = log === 'events' ? 'checkpoint' : `checkpoint.${log}`;
      return age((await stat(join(data_dir, 'witness', name))).mtimeMs);
    },
  );
}
