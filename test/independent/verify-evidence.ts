/**
 * A second verifier, written from the specification in `sql/seals/README.md` alone: it imports nothing of this project.
 *
 * `node test/independent/verify-evidence.ts EVIDENCE.json VERIFIER` prints `valid` and the head, or why not, and exits 1.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const sha256 = (...parts: Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hex = (text: unknown): Buffer => {
  if (typeof text !== 'string' || !/^([0-9a-f]{2})*$/.test(text)) throw new Error('bad hex');
  return Buffer.from(text, 'hex');
};

/** The root that a leaf and its path lead to (RFC 9162, section 2.1.3.2), or an error. */
function climb(leaf: Buffer, index: number, size: number, path: Buffer[]): Buffer {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size)
    throw new Error('bad index');
  let [fn, sn, r] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const p of path) {
    if (p.length !== 32 || sn === 0n) throw new Error('bad path');
    if (fn & 1n || fn === sn) {
      r = sha256(Buffer.of(1), p, r);
      if (!(fn & 1n)) {
        while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
      }
    } else {
      r = sha256(Buffer.of(1), r, p);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) throw new Error('short path');
  return r;
}

/** The lines of a checkpoint that `vkey` signed, or an error. */
function openCheckpoint(note: string, vkey: string): [string, number, Buffer] {
  const [name = '', id = '', ...rest] = vkey.trim().split('+');
  const key = Buffer.from(rest.join('+'), 'base64');
  if (key.length !== 33 || key[0] !== 1) throw new Error('bad verifier');
  const key_id = sha256(Buffer.from(`${name}\n`), key).subarray(0, 4);
  if (!key_id.equals(hex(id))) throw new Error('verifier id');
  const cut = note.lastIndexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]);
  const public_key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  let is_signed = false;
  for (const line of note
    .slice(cut + 2)
    .split('\n')
    .filter(Boolean)) {
    const [dash, by, encoded = ''] = line.split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    if (dash !== '—' || bytes.toString('base64') !== encoded) throw new Error('bad signature line');
    if (by !== name || !bytes.subarray(0, 4).equals(key_id)) continue;
    if (!verify(null, Buffer.from(text), public_key, bytes.subarray(4))) throw new Error('forged');
    is_signed = true;
  }
  if (!is_signed) throw new Error('not signed by the verifier');
  const [origin = '', size = '', root = '', end] = text.split('\n');
  const bytes = Buffer.from(root, 'base64');
  if (!/^[1-9][0-9]*$/.test(size) || bytes.length !== 32 || end !== '') throw new Error('bad text');
  if (bytes.toString('base64') !== root) throw new Error('bad text');
  return [origin, Number(size), bytes];
}

/** Throws unless the evidence holds under the key; returns the head of the event's load. */
export function checkEvidence(json: string, vkey: string): Record<string, unknown> {
  const evidence = JSON.parse(json);
  if (evidence.format !== 'access-audit/evidence/1') throw new Error('format');
  const canonical = Buffer.from(evidence.canonical, 'base64');
  if (canonical.toString('base64') !== evidence.canonical) throw new Error('bad base64');
  const salt = hex(evidence.salt);
  if (salt.length !== 16) throw new Error('salt');
  const leaf = sha256(Buffer.of(0), sha256(salt, canonical));
  const head = JSON.parse(evidence.head);
  if (head.format !== 'access-audit/head/1' || head.kind !== 'load') throw new Error('head');
  const load_path = evidence.load.inclusion.map(hex);
  if (!climb(leaf, evidence.load.index, head.tree_size, load_path).equals(hex(head.root)))
    throw new Error('the event is not in its load');
  const [origin, size, root] = openCheckpoint(evidence.checkpoint, vkey);
  if (head.log !== origin || head.index !== evidence.log.index) throw new Error('other log');
  const head_leaf = sha256(Buffer.of(0), Buffer.from(evidence.head));
  const log_path = evidence.log.inclusion.map(hex);
  if (!climb(head_leaf, evidence.log.index, size, log_path).equals(root))
    throw new Error('the head is not in the log');
  return head;
}

if (import.meta.main) {
  const [path = '', vkey = ''] = process.argv.slice(2);
  try {
    const head = checkEvidence(readFileSync(path, 'utf8'), vkey);
    process.stdout.write(`valid\n${JSON.stringify(head)}\n`);
  } catch (error) {
    process.stdout.write(`not valid: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
