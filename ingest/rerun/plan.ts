/** What running a message or a refusal again would change: pure, from what is stored and what it becomes today. */
import { createHash } from 'node:crypto';
import type { RecordCode } from '../codes.ts';
import { AccessEventSchema, type SpooledEvent } from '../event.ts';
import type { FoundEvent } from '../formats/fhir/write.ts';
import type { MessageRefusal } from '../formats/message.ts';

/** A stored event, with where it is and whether a later reading superseded it. */
export interface KnownEvent extends FoundEvent {
  readonly message_id: string;
  readonly load_seq: number;
  readonly segment_position: number;
  readonly is_current: boolean;
}

/** A refusal that stands. */
export interface OpenReject {
  readonly segment_id: string;
  readonly segment_position: number;
  readonly code: string;
  readonly expression: string;
  readonly event_id: string;
}

export type Resolution = 'accepted' | 'refused_otherwise';
export type JudgedRefusal = MessageRefusal & { readonly event_id: string };

/** What is to be written. With all of it empty, nothing changes. */
export interface Plan {
  readonly store: readonly SpooledEvent[];
  readonly supersede: readonly { readonly event: KnownEvent; readonly replaced_by: string }[];
  readonly resolve: readonly { readonly reject: OpenReject; readonly resolution: Resolution }[];
  readonly refuse: readonly JudgedRefusal[];
  /** Refusals that stand as before. */
  readonly still_refused: readonly OpenReject[];
  /** Events that are there already, with the same content. */
  readonly unchanged: number;
}

/** What a message becomes today, each of its events checked. */
export interface Reading {
  readonly events: readonly SpooledEvent[];
  readonly refusals: readonly JudgedRefusal[];
}

const fields = Object.keys(AccessEventSchema.properties).filter(
  (name) => name !== 'event_id' && name !== 'occurred_at',
);

/**
 * The plan for one foreign message.
 *
 * An event whose content is another now is stored as a revision of its own (`ID~2`, `ID~3`), and the one before is
 * superseded by it; one that the message no longer tells is superseded by nothing. An id that another message has stored
 * stays with that message.
 *
 * @param known events of the source that the message told, or that have an id which it tells now
 */
export function planMessage(
  message_id: string,
  reading: Reading,
  known: readonly KnownEvent[],
  open: readonly OpenReject[],
): Plan {
  // A fault of ours in reading says nothing about the message.
  if (reading.refusals.some(({ code }) => code === 'MESSAGE_UNREADABLE')) {
    return { ...nothing, still_refused: open };
  }
  const store: SpooledEvent[] = [];
  const supersede: { event: KnownEvent; replaced_by: string }[] = [];
  const told = new Set<KnownEvent>();
  const conflicts = new Set<string>();
  let unchanged = 0;
  for (const event of reading.events) {
    const mine = known.filter(
      (each) => each.message_id === message_id && isRevisionOf(each.event_id, event.event_id),
    );
    const current = mine.find(({ is_current }) => is_current);
    if (current) {
      told.add(current);
      if (changedFields(current, event).length === 0) {
        unchanged += 1;
        continue;
      }
      const event_id = nextRevision(event.event_id, known);
      store.push({ ...event, event_id });
      supersede.push({ event: current, replaced_by: event_id });
      continue;
    }
    const others = known.find(
      (each) => each.message_id !== message_id && each.event_id === event.event_id,
    );
    if (others && changedFields(others, event).length > 0) conflicts.add(event.event_id);
    else if (others) unchanged += 1;
    else if (mine.length > 0)
      store.push({ ...event, event_id: nextRevision(event.event_id, known) });
    else store.push(event);
  }
  for (const event of known) {
    if (event.message_id === message_id && event.is_current && !told.has(event))
      supersede.push({ event, replaced_by: '' });
  }
  return { store, supersede, unchanged, ...refusalsOf(reading, open, conflicts) };
}

/** The plan for a native event that was refused: it is accepted now, refused as before, or refused otherwise. */
export function planNative(
  checked: SpooledEvent | JudgedRefusal,
  known: readonly KnownEvent[],
  open: OpenReject,
): Plan {
  if ('code' in checked) {
    if (checked.code === open.code) return { ...nothing, still_refused: [open] };
    const resolution = 'refused_otherwise' as const;
    return { ...nothing, refuse: [checked], resolve: [{ reject: open, resolution }] };
  }
  const resolve = [{ reject: open, resolution: 'accepted' as const }];
  const same = known.find(({ event_id }) => event_id === checked.event_id);
  if (!same) return { ...nothing, store: [checked], resolve };
  if (changedFields(same, checked).length > 0) return { ...nothing, still_refused: [open] };
  return { ...nothing, unchanged: 1, resolve };
}

/** Whether the plan writes something. */
export function changesSomething({ store, supersede, resolve, refuse }: Plan): boolean {
  return store.length + supersede.length + resolve.length + refuse.length > 0;
}

/** The fields in which a stored event and what was read today differ. */
export function changedFields(stored: KnownEvent, read: SpooledEvent): string[] {
  const before = stored as unknown as Record<string, unknown>;
  const now = read as unknown as Record<string, unknown>;
  const changed = fields.filter((name) => {
    const [one, other] = [before[name], now[name]];
    return Array.isArray(one)
      ? JSON.stringify(one) !== JSON.stringify(other ?? [])
      : one !== (other ?? '');
  });
  return stored.occurred_at_ms === read.occurred_at ? changed : ['occurred_at', ...changed];
}

const nothing: Plan = {
  store: [],
  supersede: [],
  resolve: [],
  refuse: [],
  still_refused: [],
  unchanged: 0,
};

function refusalsOf(reading: Reading, open: readonly OpenReject[], conflicts: ReadonlySet<string>) {
  const key = (of: { code: string; expression?: string; event_id: string }) =>
    `${of.code}\n${of.expression ?? ''}\n${of.event_id}`;
  const now = new Set(reading.refusals.map(key));
  const before = new Set(open.map(key));
  const stands = (reject: OpenReject) =>
    now.has(key(reject)) || (reject.code === conflict_code && conflicts.has(reject.event_id));
  const resolution: Resolution = reading.refusals.length === 0 ? 'accepted' : 'refused_otherwise';
  return {
    still_refused: open.filter(stands),
    resolve: open.filter((reject) => !stands(reject)).map((reject) => ({ reject, resolution })),
    refuse: reading.refusals.filter((refusal) => !before.has(key(refusal))),
  };
}

const conflict_code: RecordCode = 'EVENT_CONFLICT';
const event_id_length_max = 128;

/** An id too long to grow stands for itself by its hash. */
function stemOf(event_id: string): string {
  return event_id.length + 5 > event_id_length_max
    ? createHash('sha256').update(event_id).digest('hex')
    : event_id;
}

function revisionOf(stored_id: string, event_id: string): number {
  if (stored_id === event_id) return 1;
  const stem = `${stemOf(event_id)}~`;
  const number = stored_id.startsWith(stem) ? stored_id.slice(stem.length) : '';
  return /^[1-9]\d{0,3}$/.test(number) ? Number(number) : 0;
}

function isRevisionOf(stored_id: string, event_id: string): boolean {
  return revisionOf(stored_id, event_id) > 0;
}

function nextRevision(event_id: string, known: readonly KnownEvent[]): string {
  const last = Math.max(1, ...known.map((each) => revisionOf(each.event_id, event_id)));
  return `${stemOf(event_id)}~${last + 1}`;
}
