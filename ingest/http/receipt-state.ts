/** What became of a request: still in the spool, or loaded, with its counts. */
import { loadStatement } from '../../sql/statement.ts';
import { RequestRefused } from '../codes.ts';
import type { Source } from '../sources.ts';
import type { Parts } from './app.ts';

const receipt_statement = loadStatement('ingest/queries/receipt.sql');

export interface ReceiptState {
  readonly state: 'spooled' | 'loaded';
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** Keys of reference data that a full load ended. */
  readonly ended: number;
}

/**
 * The state of a receipt, after waiting up to `wait_ms` for it to be loaded.
 *
 * @throws RequestRefused RECEIPT_UNKNOWN, also for the receipt of another source
 */
export async function receiptState(
  { spool, client }: Pick<Parts, 'spool' | 'client'>,
  receipt: string,
  source: Source,
  wait_ms: number,
): Promise<ReceiptState> {
  const holder = spool.receipts.sourceOf(receipt);
  if (holder === undefined || holder === source.source) {
    const is_loaded = holder === undefined || (await spool.receipts.whenReleased(receipt, wait_ms));
    if (!is_loaded) return { state: 'spooled', stored: 0, duplicates: 0, conflicts: 0, ended: 0 };
    const binds = { receipt, source: source.source };
    const [row] = await client.rows<Omit<ReceiptState, 'state'>>(receipt_statement, binds);
    if (row) return { state: 'loaded', ...row };
  }
  throw new RequestRefused('RECEIPT_UNKNOWN', 'There is no such receipt of this source.');
}
