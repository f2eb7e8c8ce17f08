/** A log of a few loads made without a database, its evidence, and ways to forge a piece of it. */
import { canonicalV1, leafHashV1, type StoredEvent } from '../../../../sql/canonical.ts';
import type { Consistency, Evidence } from '../../../../sql/seals/evidence.ts';
import { encodeHead, type SealedHead } from '../../../../sql/seals/head.ts';
import { consistencyProof, inclusionProof, rootOf } from '../../../../sql/seals/merkle.ts';
import { checkpointText, parseSigner, signNote } from '../../../../sql/seals/note.ts';

// A key for tests and vectors alone: its seed is 32 times the byte 7, so everybody has it.
export const test_key =
  'PRIVATE+KEY+access-audit/vectors+8269963a+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH';

function storedEvent(load_seq: number, position: number): StoredEvent {
  const salt = Buffer.alloc(16, load_seq * 16 + position);
  return {
    source: 'exchange', event_id: `e-${load_seq}-${position}`, occurred_at: 1_774_740_600_123 + position,
    action: 'view', outcome: 'success', trigger: 'user', staff_id: '555000000001',
    staff_id_system: 'urn:access-audit:local', staff_name: 'Zoë', role_code: '', role_name: '',
    organisation_code: 'RZZ01', site_code: '', application: '', session_id: '', launch_id: '', device_id: '',
    ip_address: '', patient_id: '9990000018', section: 'results', document_id: '', supplier_codes: ['RZZ02'],
    purpose: 'TREAT', override: '', reason: '', search_terms: '', search_results: [], received_at: 1_774_740_601_000,
    load_seq, segment_id: `000000000${load_seq}`, segment_position: position, message_id: '', salt,
  }; // prettier-ignore
}

/** Loads of 1, 2, 3, 7 and 8 events, sealed one after another. */
export function sampleLog() {
  const signer = parseSigner(test_key);
  const log = signer.verifier.name;
  const loads = [1, 2, 3, 7, 8].map((size, index) =>
    Array.from({ length: size }, (_, position) => storedEvent(index + 1, position + 1)),
  );
  const heads: SealedHead[] = [];
  const named = { vkey: signer.verifier.vkey, previous_vkey: '', is_endorsed: true, at: 0 };
  heads.push(encodeHead({ log, index: 0, previous: '' }, { kind: 'key', ...named }));
  for (const [index, events] of loads.entries()) {
    const previous = heads.at(-1)?.hash.toString('hex') ?? '';
    const root = rootOf(events.map(leafHashV1)).toString('hex');
    const [load_seq, size] = [index + 1, events.length];
    const counts = { received: size, stored: size, duplicates: 0, conflicts: 0, rejects: 0 };
    heads.push(
      encodeHead(
        { log, index: load_seq, previous },
        {
          kind: 'load', load_seq, segment_id: `000000000${load_seq}`, segment_digest: '00'.repeat(32),
          loaded_at: 1_774_740_602_000, ...counts, leaf_version: 1, tree_size: size, root, last_position: size,
          salts: '0', places: '0', is_late: false,
        }, // prettier-ignore
      ),
    );
  }
  const hashes = heads.map(({ hash }) => hash);
  const checkpointAt = (size: number) =>
    signNote(checkpointText({ origin: log, size, root: rootOf(hashes.slice(0, size)) }), [signer]);
  const toHex = (path: readonly Buffer[]) => path.map((hash) => hash.toString('hex'));
  const evidence = loads.flatMap((events, load) =>
    events.map((event, index): Evidence => {
      const leaves = events.map(leafHashV1);
      return {
        format: 'access-audit/evidence/1',
        canonical: canonicalV1(event).toString('base64'),
        salt: Buffer.from(event.salt).toString('hex'),
        load: { index, inclusion: toHex(inclusionProof(leaves, index)) },
        head: heads[load + 1]?.text ?? '',
        log: { index: load + 1, inclusion: toHex(inclusionProof(hashes, load + 1)) },
        checkpoint: checkpointAt(hashes.length),
      };
    }),
  );
  const consistency: Consistency = {
    format: 'access-audit/consistency/1',
    first: checkpointAt(3),
    second: checkpointAt(hashes.length),
    proof: toHex(consistencyProof(hashes, 3)),
  };
  return { signer, evidence, consistency };
}

const changed = (text: string, seed: number, letters: string) => {
  const at = seed % text.length;
  const letter = letters[Math.floor(seed / text.length) % letters.length] ?? '0';
  return `${text.slice(0, at)}${letter}${text.slice(at + 1)}`;
};
const hex_letters = '0123456789abcdef';
const base64_letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const changedPath = (path: readonly string[], seed: number): string[] => {
  const hit = path.length === 0 ? 0 : seed % path.length;
  const by = Math.floor(seed / 7) % 3;
  if (path.length === 0 || by === 0) return [...path, 'ab'.repeat(32)];
  if (by === 1) return path.filter((_, index) => index !== hit);
  return path.map((hash, index) => (index === hit ? changed(hash, seed, hex_letters) : hash));
};

/** Each changes one part of a piece of evidence; some changes leave it as it was, which the caller passes over. */
export const forgeries: ((evidence: Evidence, seed: number) => Evidence)[] = [
  (e, seed) => ({ ...e, canonical: changed(e.canonical, seed, base64_letters) }),
  (e, seed) => ({ ...e, salt: changed(e.salt, seed, hex_letters) }),
  (e, seed) => ({ ...e, load: { ...e.load, index: e.load.index + 1 + (seed % 3) } }),
  (e, seed) => ({ ...e, load: { ...e.load, inclusion: changedPath(e.load.inclusion, seed) } }),
  (e, seed) => ({ ...e, head: changed(e.head, seed, '0123456789abcdef",:{}') }),
  (e, seed) => ({ ...e, log: { ...e.log, index: (e.log.index + 1 + (seed % 4)) % 6 } }),
  (e, seed) => ({ ...e, log: { ...e.log, inclusion: changedPath(e.log.inclusion, seed) } }),
  (e, seed) => ({ ...e, checkpoint: changed(e.checkpoint, seed, `${base64_letters}\n `) }),
  (e) => ({ ...e, format: 'access-audit/evidence/2' as never }),
];
