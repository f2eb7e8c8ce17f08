import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  flawOfConsistency,
  flawOfEvidence,
  type Evidence,
} from '../../../../sql/seals/evidence.ts';
import {
  newSigner,
  openNote,
  parseSigner,
  parseVerifier,
  signNote,
  splitNotes,
} from '../../../../sql/seals/note.ts';
import { project_root } from '../../../../sql/statement.ts';
import { checkEvidence } from '../../../independent/verify-evidence.ts';
import { forgeries, sampleLog } from './sample-log.ts';

const trusted = sampleLog().signer.verifier;

/** Whether the second verifier, which shares no code with the first, believes it. */
function isBelieved(evidence: unknown, vkey = trusted.vkey): boolean {
  try {
    checkEvidence(JSON.stringify(evidence), vkey);
    return true;
  } catch {
    return false;
  }
}

describe('evidence', () => {
  it('is believed by both verifiers for every event of a log of loads of all sizes', () => {
    const { evidence } = sampleLog();
    for (const each of evidence) {
      expect(flawOfEvidence(each, [trusted])).toBeUndefined();
      expect(isBelieved(each)).toBe(true);
    }
  });

  it('is refused by both verifiers whatever part of it is forged, a thousand times', () => {
    const { evidence } = sampleLog();
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (which, way, seed) => {
        const original = evidence[which % evidence.length] as Evidence;
        const forge = forgeries[way % forgeries.length];
        const forged = forge?.(original, seed) ?? original;
        fc.pre(JSON.stringify(forged) !== JSON.stringify(original));
        expect(flawOfEvidence(forged, [trusted])).toBeDefined();
        expect(isBelieved(forged)).toBe(false);
        refused += 1;
      }),
      { seed: 2026, numRuns: 1_200 },
    );
    expect(refused).toBeGreaterThanOrEqual(1_000);
  });

  it('is refused under another key than the one that is trusted', () => {
    const other = newSigner(trusted.name).verifier;
    const [first] = sampleLog().evidence;
    expect(flawOfEvidence(first as Evidence, [other])).toMatch('trusted key');
    expect(isBelieved(first, other.vkey)).toBe(false);
  });

  it('agrees with the published vectors', () => {
    const file = join(project_root, 'sql', 'seals', 'vectors.json');
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
      verifier: string;
      evidence: Evidence[];
      consistency: Parameters<typeof flawOfConsistency>[0];
    };
    const verifier = parseVerifier(vectors.verifier);
    expect(verifier).toBeDefined();
    if (!verifier) return;
    for (const each of vectors.evidence) {
      expect(flawOfEvidence(each, [verifier])).toBeUndefined();
      expect(isBelieved(each, vectors.verifier)).toBe(true);
    }
    expect(flawOfConsistency(vectors.consistency, [verifier])).toBeUndefined();
    const { first: later, second: earlier } = vectors.consistency;
    const turned = { ...vectors.consistency, first: earlier, second: later };
    expect(flawOfConsistency(turned, [verifier])).toBeDefined();
  });
});

describe('a signed note', () => {
  it('is that of the specification: the example of another implementation opens under its key', () => {
    // The test key and note of golang.org/x/mod/sumdb/note.
    const verifier = parseVerifier(
      'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    );
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const note = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    expect(verifier?.key_id).toBe('c74f20a3');
    expect(openNote(note, verifier ? [verifier] : [])?.text).toBe(text);
  });

  it('opens under its own key, survives its text form, and is refused once a byte is other', () => {
    const signer = parseSigner(newSigner('access-audit/test').skey);
    const other = newSigner('access-audit/test');
    const note = signNote('origin\n1\nroot\n', [signer, other]);
    const both = openNote(note, [signer.verifier, other.verifier]);
    expect(both?.signed_by).toHaveLength(2);
    expect(openNote(note, [signer.verifier])?.text).toBe('origin\n1\nroot\n');
    expect(openNote(note, [newSigner('access-audit/test').verifier])).toBeUndefined();
    const bytes = Buffer.from(note);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const forged = Buffer.from(bytes);
        forged[at] = (forged[at] ?? 0) ^ change;
        const opened = openNote(forged.toString('utf8'), [signer.verifier, other.verifier]);
        // A change in a key's name or id makes that signature an unknown one; the other still has to hold.
        expect(
          opened === undefined || (opened.text === both?.text && opened.signed_by.length === 1),
        ).toBe(true);
      }),
      { seed: 8032, numRuns: 500 },
    );
  });

  it('is found again in a file of several', () => {
    const signer = newSigner('access-audit/test');
    const notes = ['a\n1\nx\n', 'a\n2\ny\n', 'a\n3\nz\n'].map((text) => signNote(text, [signer]));
    expect(splitNotes(notes.map((note) => `${note}\n`).join(''))).toEqual(notes);
    expect(splitNotes(notes.join(''))).toEqual(notes);
  });
});
