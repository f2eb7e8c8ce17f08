/** Signed notes and checkpoints in the forms of c2sp.org/signed-note and c2sp.org/tlog-checkpoint, with Ed25519. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign as signBytes,
  verify as verifyBytes,
  type KeyObject,
} from 'node:crypto';
import { CodedError } from '../errors.ts';

/** A public key by name: enough to check signatures. */
export interface Verifier {
  readonly name: string;
  /** First four bytes of SHA-256 over name, newline, 0x01 and public key, hex. */
  readonly key_id: string;
  /** The raw 32 bytes. */
  readonly public_key: Buffer;
  /** `<name>+<key id>+<base64 of 0x01 and public key>`, as other tools take it. */
  readonly vkey: string;
}

/** A key that signs. */
export interface Signer {
  readonly verifier: Verifier;
  /** `PRIVATE+KEY+<name>+<key id>+<base64 of 0x01 and seed>`, as other tools take it. Secret. */
  readonly skey: string;
  readonly private_key: KeyObject;
}

/** What a checkpoint says: a log by its origin, how many entries it has, and the root over them. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

const ed25519 = 1;
// RFC 8410: what stands before the 32 bytes of a seed in PKCS #8, and of a public key in SPKI.
const pkcs8_prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spki_prefix = Buffer.from('302a300506032b6570032100', 'hex');
/** More than any note of ours has, and few enough to check them all. */
const signatures_max = 32;
const note_bytes_max = 64 * 1024;

/** A new key under `name`, which may hold neither spaces nor plus signs. */
export function newSigner(name: string): Signer {
  return signerOf(name, randomBytes(32));
}

/**
 * The key in its text form.
 *
 * @throws CodedError SEAL_KEY_INVALID
 */
export function parseSigner(skey: string): Signer {
  const [, name = '', key_id = '', encoded = ''] =
    /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(skey.trim()) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ed25519) throw invalidKey();
  const signer = signerOf(name, bytes.subarray(1));
  if (signer.verifier.key_id !== key_id) throw invalidKey();
  return signer;
}

function invalidKey(): CodedError {
  return new CodedError(
    'SEAL_KEY_INVALID',
    'The sealing key is not in the form PRIVATE+KEY+<name>+<id>+<base64>. Restore seal.key from its backup.',
  );
}

function signerOf(name: string, seed: Buffer): Signer {
  const private_key = createPrivateKey({
    key: Buffer.concat([pkcs8_prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const public_key = createPublicKey(private_key)
    .export({ format: 'der', type: 'spki' })
    .subarray(-32);
  const verifier = verifierOf(name, Buffer.from(public_key));
  const encoded = Buffer.concat([Buffer.of(ed25519), seed]).toString('base64');
  return { verifier, private_key, skey: `PRIVATE+KEY+${name}+${verifier.key_id}+${encoded}` };
}

function verifierOf(name: string, public_key: Buffer): Verifier {
  const typed = Buffer.concat([Buffer.of(ed25519), public_key]);
  const key_id = createHash('sha256').update(`${name}\n`).update(typed).digest('hex').slice(0, 8);
  return { name, key_id, public_key, vkey: `${name}+${key_id}+${typed.toString('base64')}` };
}

/** The verifier of a vkey; undefined where it is none, or its id is not that of its key. */
export function parseVerifier(vkey: string): Verifier | undefined {
  const [, name = '', key_id = '', encoded = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey.trim()) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ed25519 || bytes.toString('base64') !== encoded)
    return undefined;
  const verifier = verifierOf(name, bytes.subarray(1));
  return verifier.key_id === key_id ? verifier : undefined;
}

/** The text, a blank line, and one signature line for each signer. The text ends in a newline. */
export function signNote(text: string, signers: readonly Signer[]): string {
  const lines = signers.map(({ verifier: { name, key_id }, private_key }) => {
    const signature = signBytes(null, Buffer.from(text), private_key);
    return `— ${name} ${Buffer.concat([Buffer.from(key_id, 'hex'), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note, and which of `verifiers` signed it. Undefined where the note is malformed, where no known key
 * signed it, and where a signature under a known key's name and id is not that key's: then none of it is believed.
 */
export function openNote(
  note: string,
  verifiers: readonly Verifier[],
): { text: string; signed_by: Verifier[] } | undefined {
  if (Buffer.byteLength(note) > note_bytes_max) return undefined;
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || hasControls(note)) return undefined;
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > signatures_max) return undefined;
  const signed_by: Verifier[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (!signature) return undefined;
    const verifier = verifiers.find(
      ({ name, key_id }) => name === signature.name && key_id === signature.key_id,
    );
    if (!verifier) continue;
    if (!isSignedBy(verifier, text, signature.bytes)) return undefined;
    if (!signed_by.includes(verifier)) signed_by.push(verifier);
  }
  return signed_by.length > 0 ? { text, signed_by } : undefined;
}

function parseSignature(line: string) {
  const [, name = '', encoded = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (name === '' || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
  return { name, key_id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) };
}

function isSignedBy(verifier: Verifier, text: string, signature: Buffer): boolean {
  const key = createPublicKey({
    key: Buffer.concat([spki_prefix, verifier.public_key]),
    format: 'der',
    type: 'spki',
  });
  return signature.length === 64 && verifyBytes(null, Buffer.from(text), key, signature);
}

function hasControls(note: string): boolean {
  // eslint-disable-next-line no-control-regex -- a note with control characters is malformed by its specification
  return /[\u0000-\u0009\u000b-\u001f]/.test(note);
}

/** The text of a checkpoint: origin, size and root, a line each. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** The checkpoint that a note's text is; undefined where it is none. Extension lines are passed over. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', digits = '', encoded = '', ...rest] = text.split('\n');
  if (rest.pop() !== '' || rest.includes('') || origin === '') return undefined;
  const root = Buffer.from(encoded, 'base64');
  const size = Number(digits);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(digits) || !Number.isSafeInteger(size)) return undefined;
  if (root.length !== 32 || root.toString('base64') !== encoded) return undefined;
  return { origin, size, root };
}

/** The notes of a file that has several, one after another: a note ends with its last signature line. */
export function splitNotes(text: string): string[] {
  const notes = text.matchAll(/(?:(?!— )[^\n]*\n)+?\n(?:— [^\n]*\n)+/gu);
  return [...notes].map(([note]) => note.replace(/^\n+/, ''));
}
