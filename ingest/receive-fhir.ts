/** Takes what came over FHIR: one AuditEvent, or a Bundle, of which each entry is a message of its own. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventContext } from './check-event.ts';
import { RequestRefused } from './codes.ts';
import type { SpooledEvent } from './event.ts';
import { atEntry, readAuditEventMessage } from './formats/fhir.ts';
import {
  readBundle,
  type Bundle,
  type BundleEntry,
  type BundleType,
} from './formats/fhir/bundle.ts';
import type { MappedMessage, MessageRefusal } from './formats/message.ts';
import type { Intake, TakenMessage } from './intake.ts';
import type { Mapping } from './mapping.ts';
import { judgeMessage, mapMessage } from './receive-message.ts';

/** What came of one message: its events, and its refusals. */
export interface Taken {
  readonly events: readonly SpooledEvent[];
  readonly refusals: readonly MessageRefusal[];
}

/** Where messages go, and how they are read. */
export interface FhirIntake {
  readonly intake: Intake;
  readonly context: EventContext;
  readonly mapping: Mapping;
  readonly media_type: string;
  /** Is told a fault of ours, without anything of the message. */
  readonly report: (fault: string) => void;
}

/** What came of a Bundle: of each entry, or that nothing of it is stored. */
export type TakenBundle =
  | { readonly type: BundleType; readonly entries: readonly Taken[] }
  | { readonly refusals: readonly MessageRefusal[]; readonly is_transaction: boolean };

/** Entries that are read before others have their turn. */
const entries_per_turn = 16;

/** Takes one AuditEvent. */
export function takeAuditEvent(bytes: Buffer, to: FhirIntake): Taken {
  const taken = judge(bytes, map(bytes, to), to);
  to.intake.takeMessage(taken);
  return taken;
}

/**
 * Takes a Bundle. Of a transaction all is stored or nothing: where one entry is refused, the whole is kept as one message
 * that was refused. Its events are in one write to the spool, so that a crash does not part them.
 *
 * @throws RequestRefused BODY_TOO_LARGE for a transaction
 */
export async function takeBundle(
  bytes: Buffer,
  to: FhirIntake,
  transaction_bytes_max: number,
): Promise<TakenBundle> {
  const bundle = readBundle(bytes, to.media_type);
  if ('refusals' in bundle) return refuseWhole(bytes, bundle, to, false);
  const is_transaction = bundle.type === 'transaction';
  if (is_transaction && bytes.length > transaction_bytes_max) {
    throw new RequestRefused(
      'BODY_TOO_LARGE',
      `A transaction may have ${transaction_bytes_max} bytes. Send a batch, of which each entry is taken for itself.`,
    );
  }
  if (bundle.entries.length === 0) {
    const message = 'The Bundle has no entry.';
    const refusals = [{ code: 'MESSAGE_NOT_AUDIT', message, expression: 'Bundle.entry' } as const];
    return refuseWhole(bytes, { format: 'unknown', events: [], refusals }, to, is_transaction);
  }
  return is_transaction ? takeTransaction(bytes, bundle, to) : takeEntries(bundle, to);
}

async function takeEntries({ type, entries }: Bundle, to: FhirIntake): Promise<TakenBundle> {
  const { intake, context } = to;
  const outcomes: Taken[] = [];
  for (const [index, entry] of entries.entries()) {
    if (index % entries_per_turn === 0) {
      await nextTurn();
      context.received_at = intake.readClock();
    }
    const taken = judgeEntry(entry, to);
    intake.takeMessage(taken);
    outcomes.push({
      events: taken.events,
      refusals: taken.refusals.map((each) => atEntry(each, index)),
    });
    if (intake.isDue()) await intake.spill();
  }
  return { type, entries: outcomes };
}

async function takeTransaction(
  bytes: Buffer,
  { type, entries }: Bundle,
  to: FhirIntake,
): Promise<TakenBundle> {
  const judged: TakenMessage[] = [];
  for (const [index, entry] of entries.entries()) {
    if (index % entries_per_turn === 0) await nextTurn();
    judged.push(judgeEntry(entry, to));
  }
  const refusals = judged.flatMap((taken, index) =>
    taken.refusals.map((refusal) => atEntry(refusal, index)),
  );
  if (refusals.length > 0) {
    const format = judged.find((each) => each.format !== 'unknown')?.format ?? 'unknown';
    return refuseWhole(bytes, { format, events: [], refusals }, to, true);
  }
  for (const taken of judged) to.intake.takeMessage(taken);
  return { type, entries: judged };
}

function refuseWhole(
  bytes: Buffer,
  mapped: MappedMessage,
  to: FhirIntake,
  is_transaction: boolean,
): TakenBundle {
  const taken = judge(bytes, mapped, to);
  to.intake.takeMessage(taken);
  return { refusals: taken.refusals, is_transaction };
}

function judgeEntry({ bytes, refusal }: BundleEntry, to: FhirIntake): TakenMessage {
  const mapped: MappedMessage = refusal
    ? { format: 'unknown', events: [], refusals: [refusal] }
    : map(bytes, to);
  return judge(bytes, mapped, to);
}

function map(bytes: Buffer, { media_type, mapping, report }: FhirIntake): MappedMessage {
  const format = (message: Buffer, by: Mapping) => readAuditEventMessage(message, media_type, by);
  return mapMessage(format, bytes, mapping, report);
}

function judge(bytes: Buffer, mapped: MappedMessage, to: FhirIntake): TakenMessage {
  const { context, media_type } = to;
  return judgeMessage({ bytes, transport: 'http', media_type }, mapped, context).taken;
}
