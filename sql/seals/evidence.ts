/** Evidence: one event, and the hashes that lead from its bytes to a signed checkpoint. Checked without a database. */
import { createHash } from 'node:crypto';
import { headHash, parseHead } from './head.ts';
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts';
import { openNote, parseCheckpoint, type Verifier } from './note.ts';

/** Evidence of one event, as `npm run seal -- prove` prints it. Hashes are hex, bytes base64. */
export interface Evidence {
  readonly format: 'access-audit/evidence/1';
  /** The canonical bytes of the row (`sql/canonical.ts`); its fields can be read from them. */
  readonly canonical: string;
  /** The 16 bytes of its salt, hex. */
  readonly salt: string;
  /** Where its leaf is in the tree of its load, and the hashes from there to the root. */
  readonly load: { readonly index: number; readonly inclusion: readonly string[] };
  /** The head of the load, byte for byte. */
  readonly head: string;
  /** Where the head is in the log, and the hashes from there to the root of the checkpoint. */
  readonly log: { readonly index: number; readonly inclusion: readonly string[] };
  readonly checkpoint: string;
}

/** That one checkpoint's log begins with all of another's, as `npm run seal -- consistency` prints it. */
export interface Consistency {
  readonly format: 'access-audit/consistency/1';
  readonly first: string;
  readonly second: string;
  readonly proof: readonly string[];
}

/**
 * Why the evidence proves nothing; undefined where it proves that its event was sealed as it stands.
 *
 * @param trusted the key under which its checkpoint has to be, from somewhere else than the evidence
 */
export function flawOfEvidence(
  evidence: Evidence,
  trusted: readonly Verifier[],
): string | undefined {
  const { canonical, salt, load, head: text, log } = evidence;
  if (evidence.format !== 'access-audit/evidence/1') return 'it has another format';
  if (!isHex(salt, 16) || !isBase64(canonical)) return 'its bytes cannot be read';
  const commitment = createHash('sha256')
    .update(Buffer.from(salt, 'hex'))
    .update(Buffer.from(canonical, 'base64'))
    .digest();
  const head = parseHead(text);
  if (head?.kind !== 'load') return 'its head is not that of a load';
  const path = bytesOf(load.inclusion);
  if (!path || !isHex(head.root, 32)) return 'its hashes cannot be read';
  const root = Buffer.from(head.root, 'hex');
  if (!verifyInclusion(leafHash(commitment), load.index, head.tree_size, path, root))
    return 'the event is not in the tree of its load';
  const checkpoint = trustedCheckpoint(evidence.checkpoint, trusted);
  if (!checkpoint) return 'its checkpoint is not signed by a trusted key';
  if (checkpoint.origin !== head.log || head.index !== log.index)
    return 'its head is of another log, or of another place';
  const log_path = bytesOf(log.inclusion);
  if (!log_path) return 'its hashes cannot be read';
  const { size, root: log_root } = checkpoint;
  if (!verifyInclusion(headHash(text), log.index, size, log_path, log_root))
    return 'the head is not in the log of the checkpoint';
  return undefined;
}

/** Why a consistency proof proves nothing; undefined where the second log begins with the whole first. */
export function flawOfConsistency(
  { format, first, second, proof }: Consistency,
  trusted: readonly Verifier[],
): string | undefined {
  if (format !== 'access-audit/consistency/1') return 'it has another format';
  const [earlier, later] = [trustedCheckpoint(first, trusted), trustedCheckpoint(second, trusted)];
  if (!earlier || !later) return 'a checkpoint is not signed by a trusted key';
  if (earlier.origin !== later.origin) return 'the checkpoints are of two logs';
  const path = bytesOf(proof);
  if (!path) return 'its hashes cannot be read';
  return verifyConsistency(earlier.size, later.size, earlier.root, later.root, path)
    ? undefined
    : 'the later log does not begin with the earlier';
}

function trustedCheckpoint(note: string, trusted: readonly Verifier[]) {
  const opened = openNote(note, trusted);
  return opened && parseCheckpoint(opened.text);
}

function bytesOf(hashes: readonly string[]): Buffer[] | undefined {
  if (!Array.isArray(hashes) || !hashes.every((hash) => isHex(hash, 32))) return undefined;
  return hashes.map((hash) => Buffer.from(hash, 'hex'));
}

function isHex(text: unknown, bytes: number): boolean {
  return typeof text === 'string' && text.length === bytes * 2 && /^[0-9a-f]*$/.test(text);
}

function isBase64(text: unknown): boolean {
  return typeof text === 'string' && Buffer.from(text, 'base64').toString('base64') === text;
}
