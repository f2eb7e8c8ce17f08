/** Heads: the entries of a seal log. Each is one line of JSON, whose bytes are hashed and kept as they stand. */
import { leafHash } from './merkle.ts';

export const head_format = 'access-audit/head/1';

/** What every head says. Instants are epoch milliseconds; hashes are hex. */
export interface HeadFrame {
  readonly format: typeof head_format;
  /** The origin of the log, so that no head passes for that of another. */
  readonly log: string;
  readonly index: number;
  /** The leaf hash of the head before it; empty for the first. */
  readonly previous: string;
}

/**
 * What a load changed about earlier ones, by running something again. Each field is absent where there is nothing of it.
 * A digest is SHA-256 over the SHA-256 of each row (`queries/load_effects.sql`), those in ascending order.
 */
export interface LoadEffects {
  /** Events that it superseded: rows of `superseded_events`. */
  readonly superseded?: number;
  readonly superseded_digest?: string;
  /** Refusals that it resolved: rows of `reject_resolutions`. */
  readonly resolved?: number;
  readonly resolved_digest?: string;
}

/** A load of events: the tree over the rows that it stored, and what became of the others. */
export interface LoadHead extends LoadEffects {
  readonly kind: 'load';
  readonly load_seq: number;
  readonly segment_id: string;
  /** SHA-256 of the segment's file; empty where the file was lost, and what was stored was settled. */
  readonly segment_digest: string;
  readonly leaf_version: 1;
  readonly tree_size: number;
  readonly root: string;
  /** The highest position; 0 for a load without rows. */
  readonly last_position: number;
  /** Of the rows' salts, and of which is where: what tells an exchange from an edit (`queries/load_trees.sql`). */
  readonly salts: string;
  readonly places: string;
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejects: number;
  readonly loaded_at: number;
  /** How many of its events came without the message that told them, since its segment was lost first; absent for 0. */
  readonly without_original?: number;
  /** True where the load had been committed before there were seals: the head vouches for it from then on only. */
  readonly is_late: boolean;
}

/** A load of reference data, by its file and its counts: its rows are versions that merging removes. */
export interface ReferenceHead {
  readonly kind: 'reference';
  readonly load_seq: number;
  readonly dataset: string;
  readonly segment_id: string;
  readonly segment_digest: string;
  readonly received: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly ended: number;
  readonly rejects: number;
  readonly loaded_at: number;
  readonly is_late: boolean;
}

/** The key that signs from here on. The checkpoint over it is signed by the key before it too, if that endorses it. */
export interface KeyHead {
  readonly kind: 'key';
  readonly vkey: string;
  /** Empty for the first key of a log. */
  readonly previous_vkey: string;
  readonly is_endorsed: boolean;
  readonly at: number;
}

/** Rows that were erased lawfully: their leaves stand in the trees in their place. */
export interface ErasureHead {
  readonly kind: 'erasure';
  readonly erasure_id: string;
  readonly reason: string;
  readonly people: readonly string[];
  readonly at: number;
  readonly rows: number;
  /**
   * RFC 6962 root over the erased rows, each as `load_seq,segment_position,day,leaf,key,id_hash`, hashes in hex, with
   * `,message_id` behind it where a message told the event, in that order.
   */
  readonly root: string;
}

/** A batch of our own audit: the tree over the rows whose `at` is in [from, to), in the order of `at` and id. */
export interface OwnAuditHead {
  readonly kind: 'own_audit';
  readonly from: number;
  readonly to: number;
  readonly leaf_version: 1;
  readonly tree_size: number;
  readonly root: string;
}

export type HeadBody = LoadHead | ReferenceHead | KeyHead | ErasureHead | OwnAuditHead;
export type Head = HeadFrame & HeadBody;

/** A head as it stands in the log: its text, and what that hashes to. */
export interface SealedHead {
  readonly text: string;
  readonly hash: Buffer;
}

/** The text of a head: the frame first, then the body, in the order in which their fields are written here. */
export function encodeHead(frame: Omit<HeadFrame, 'format'>, body: HeadBody): SealedHead {
  const { log, index, previous } = frame;
  const text = JSON.stringify({ format: head_format, log, index, previous, ...body });
  return { text, hash: headHash(text) };
}

/** The leaf hash of a head in its log. */
export function headHash(text: string): Buffer {
  return leafHash(Buffer.from(text));
}

const kinds = ['load', 'reference', 'key', 'erasure', 'own_audit'];

/** The head that a text says; undefined where it is none of this format. */
export function parseHead(text: string): Head | undefined {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof head !== 'object' || head === null) return undefined;
  const { format, kind, index, previous, log } = head as Record<string, unknown>;
  const is_head =
    format === head_format &&
    kinds.includes(kind as string) &&
    Number.isSafeInteger(index) &&
    typeof previous === 'string' &&
    typeof log === 'string';
  return is_head ? (head as Head) : undefined;
}
