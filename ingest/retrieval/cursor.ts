/** Where a paged search goes on: sealed, so that a link says nothing about whom was searched for. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { RequestRefused } from '../codes.ts';
import type { Source } from '../sources.ts';

const nonce_bytes = 12;
const tag_bytes = 16;
/** Base64url of the longest search with room to spare. */
const cursor_length_max = 24_000;

/**
 * The value, encrypted for this source (AES-256-GCM).
 *
 * The key comes from the hash of the source's own key, so that every process on the database can read it, a restart
 * changes nothing, and the cursor of one source is noise to another. It grants nothing: what may be read is judged anew
 * for each page.
 *
 * @param purpose which route it is for; another does not take it
 */
export function sealCursor(source: Source, purpose: string, value: unknown): string {
  const nonce = randomBytes(nonce_bytes);
  const cipher = createCipheriv('aes-256-gcm', keyOf(source), nonce);
  cipher.setAAD(Buffer.from(purpose));
  const sealed = [cipher.update(JSON.stringify(value), 'utf8'), cipher.final()];
  return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64url');
}

/** @throws RequestRefused CURSOR_INVALID */
export function openCursor(source: Source, purpose: string, cursor: string): unknown {
  try {
    if (cursor.length > cursor_length_max) throw new RangeError('too long');
    const bytes = Buffer.from(cursor, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', keyOf(source), bytes.subarray(0, nonce_bytes));
    decipher.setAAD(Buffer.from(purpose));
    decipher.setAuthTag(bytes.subarray(nonce_bytes, nonce_bytes + tag_bytes));
    const sealed = bytes.subarray(nonce_bytes + tag_bytes);
    return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8'));
  } catch (cause) {
    throw new RequestRefused(
      'CURSOR_INVALID',
      'The _cursor is not one that this source was given. Begin the search anew.',
      { cause },
    );
  }
}

function keyOf({ source, key_hash }: Source): Buffer {
  return Buffer.from(
    hkdfSync('sha256', Buffer.from(key_hash, 'hex'), source, 'access-audit retrieval cursor', 32),
  );
}
