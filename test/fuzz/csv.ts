/** Fuzzes CSV of events. */
import { RequestRefused } from '../../ingest/codes.ts';
import { createIntake } from '../../ingest/intake.ts';
import { default_limits } from '../../ingest/limits.ts';
import { receiveEventCsv } from '../../ingest/receive-event-csv.ts';
import { recordsOf, type Batch } from '../../ingest/spool/format.ts';
import { fixedClock } from '../../sql/clock.ts';
import { demand, type FuzzTarget } from './target.ts';

const now = Date.UTC(2026, 5, 1);
const limits = { ...default_limits, line_bytes_max: 64 * 1024, raw_bytes_max: 1_024 };
const header =
  'event_id,occurred_at,action,staff_id,organisation_code,patient_id,supplier_codes,reason';
const row =
  'e-1,2026-03-01T10:00:00Z,view,555,RZZ01,9990000018,RZZ02;RZZ03,"a ""reason"", and\na line"';

export const event_csv: FuzzTarget = {
  name: 'event-csv',
  seeds: [
    `${header}\n${row}\n${row}`,
    `\ufeff${header}\r\n${row}\r\n\r\n`,
    `${header}\n"${'x'.repeat(200_000)}`,
    `${header}\n${','.repeat(100_000)}`,
    header,
    '',
  ].map((text) => Buffer.from(text)),
  async run(bytes) {
    const batches: Batch[] = [];
    const intake = createIntake({
      receipt: 'r_fuzz',
      source: 'fuzz',
      clock: fixedClock(now),
      dataset: 'access_events',
      limits,
      append: async (batch) => void batches.push(batch),
      columns: { default_staff_id_system: 'urn:test' },
    });
    const context = {
      received_at: now,
      future_ms_max: 600_000,
      default_staff_id_system: 'urn:test',
      organisation_codes: new Set<string>(),
    };
    try {
      await receiveEventCsv(whole(bytes), intake, context, limits);
    } catch (error) {
      if (error instanceof RequestRefused) return;
      throw error;
    }
    const answer = await intake.finish();
    const kept = batches.reduce((sum, batch) => sum + recordsOf(batch), 0);
    demand(kept === answer.accepted + answer.rejected_count, 'each row is kept or refused');
  },
};

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
