/** What holds of FHIR messages whatever their bytes are: an outcome, the same each time, and none by a throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFhir } from '../../../../ingest/formats/fhir.ts';
import { readBundle } from '../../../../ingest/formats/fhir/bundle.ts';
import { findEntries, findJsonFault } from '../../../../ingest/formats/json-scan.ts';
import { default_mapping, parseMapping } from '../../../../ingest/mapping.ts';
import { targets } from '../../../fuzz/fhir.ts';
import {
  bundleOf,
  patientEntity,
  readEvent,
  readEventXml,
} from '../../../support/fhir-messages.ts';

/** A valid message with some of its bytes changed, left out or put in; attacks by size are for the fuzzer. */
function mutated(all: readonly Buffer[]) {
  const seeds = all.filter(({ length }) => length < 16 * 1024);
  const edit = fc.tuple(fc.nat(), fc.nat(40), fc.uint8Array({ maxLength: 12 }));
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([seed, edits]) =>
      edits.reduce<Buffer>((bytes, [at, removed, added]) => {
        const from = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + removed)]);
      }, seed),
    );
}

describe.each(targets)('$name', ({ seeds, run }) => {
  it('comes to an outcome from any mutation of a valid message', () => {
    fc.assert(
      fc.property(mutated(seeds), (bytes) => run(Buffer.from(bytes))),
      { seed: 26, numRuns: 2_000 },
    );
  });

  it('comes to an outcome from any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => run(Buffer.from(bytes))),
      { seed: 26, numRuns: 500 },
    );
  });
});

it('comes to an outcome from any JSON under the names of the standard', () => {
  const names = [
    'resourceType',
    'type',
    'code',
    'agent',
    'who',
    'entity',
    'what',
    'system',
    'value',
    'role',
    'coding',
    'event',
    'participant',
    'object',
    'period',
    'reference',
    'identifier',
    'contained',
    'query',
    '__proto__',
    'constructor',
    'toString',
  ];
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      fc.constantFrom<unknown>('AuditEvent', '1', 'R', '', null, 0, true, '9990000018'),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('any'), { maxLength: 3 }),
    object: fc.array(fc.tuple(fc.constantFrom(...names), tie('any')), { maxLength: 6 }),
  })).object as fc.Arbitrary<[string, unknown][]>;
  // Objects are made as text, so that a name may stand twice, and `__proto__` is a name.
  const text = (each: unknown): string => {
    if (!Array.isArray(each)) return JSON.stringify(each);
    const is_object =
      each.length > 0 &&
      each.every(
        (pair) => Array.isArray(pair) && typeof pair[0] === 'string' && names.includes(pair[0]),
      );
    return is_object
      ? `{${each.map((pair) => `${JSON.stringify((pair as unknown[])[0])}:${text((pair as unknown[])[1])}`).join()}}`
      : `[${each.map(text).join()}]`;
  };
  const [target] = targets;
  fc.assert(
    fc.property(value, (pairs) => {
      const body = text(pairs)
        .replace(/^[{[]/, '{"resourceType":"AuditEvent",')
        .replace(/,?[}\]]$/, '}');
      target?.run(Buffer.from(body));
    }),
    { seed: 26, numRuns: 3_000 },
  );
});

it('gives as many events as there are patients', () => {
  const numbers = ['9990000018', '9990000026', '9990000034', '9990000042', '9990000050'];
  fc.assert(
    fc.property(fc.subarray(numbers, { minLength: 1 }), (patients) => {
      const event = readEvent('one', { entity: patients.map((each) => patientEntity(each)) });
      const { events } = readFhir(Buffer.from(JSON.stringify(event)), '', default_mapping);
      expect(events.map(({ patient_id }) => patient_id)).toEqual(patients);
    }),
    { seed: 26, numRuns: 50 },
  );
});

describe('the places of entries in a Bundle', () => {
  const spaced = fc.constantFrom(undefined, 1, '\t');
  // Strings with everything that could be taken for structure.
  const tricky = fc.string({
    unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'é', '😀', 'entry', 'resource'),
  });
  const resource = fc.record({
    resourceType: fc.constant('AuditEvent'),
    text: tricky,
    entry: fc.array(fc.record({ resource: fc.record({ text: tricky }) }), { maxLength: 2 }),
  });

  it('are those that the parser finds, whatever stands around them', () => {
    fc.assert(
      fc.property(
        fc.array(resource, { maxLength: 5 }),
        tricky,
        spaced,
        (resources, noise, space) => {
          const bundle = {
            [noise === 'entry' ? 'noise' : noise]: [{ resource: { noise } }],
            ...bundleOf('collection', resources),
            link: [{ resource: noise }],
          };
          const bytes = Buffer.from(JSON.stringify(bundle, null, space));
          const cut = findEntries(bytes, 100).map((entry) => {
            const { from = 0, to = 0 } = entry.resource ?? {};
            return JSON.parse(bytes.subarray(from, to).toString()) as unknown;
          });
          expect(cut).toEqual(resources);
        },
      ),
      { seed: 26, numRuns: 500 },
    );
  });

  it('are the exact bytes of a Bundle in XML, beyond the BMP and with line ends of all kinds', () => {
    const events = [
      readEventXml('😀'.slice(0, 0) + 'a'),
      readEventXml('b', '').replaceAll('\n', '\r\n'),
    ];
    const entries = events.map(
      (each) => `<entry><!-- 😀 é --><resource>\r\n${each}</resource></entry>`,
    );
    const body = `\ufeff<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>${entries.join('')}</Bundle>`;
    const bundle = readBundle(Buffer.from(body), 'application/fhir+xml');
    expect('entries' in bundle && bundle.entries.map(({ bytes }) => bytes.toString())).toEqual(
      events,
    );
  });

  it.each([
    ['{"resourceType":"Bundle","type":"collection","entry":[1,{"resource":{}}]}', 'Bundle.entry'],
    ['{"resourceType":"Bundle","type":"collection","entry":{"resource":{}}}', 'Bundle.entry'],
    ['{"resourceType":"Bundle","type":"other"}', 'Bundle.type'],
    ['{"resourceType":"Bundle"}', 'Bundle.type'],
    ['{"resourceType":"Bundle","type":"collection","entry":[{"resource":{}', undefined],
    ['{"resourceType":"Bundle","type":"batch","type":"collection"}', undefined],
    [
      '{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"a":1},"resource":{"b":2}}]}',
      undefined,
    ],
  ])('are none in %s', (text, expression) => {
    const bundle = readBundle(Buffer.from(text), '');
    expect('refusals' in bundle && bundle.refusals[0]?.expression).toBe(expression);
    expect('refusals' in bundle).toBe(true);
  });

  it('are found in a time that grows as the Bundle does', () => {
    const ms = (count: number) => {
      const events = Array.from({ length: count }, (_, index) => readEvent(`e${index}`));
      const bytes = Buffer.from(JSON.stringify(bundleOf('collection', events)));
      const started = performance.now();
      readFhir(bytes, '', parseMapping({}));
      return performance.now() - started;
    };
    ms(500);
    // Eight times the events, with room for a machine that is busy; were it quadratic, it would be 64 times.
    expect(ms(4_000) / ms(500)).toBeLessThan(24);
  });
});

it('finds names that stand twice where the parser would keep one', () => {
  const key = fc.constantFrom('a', 'b', '\\u0061', 'c"d'.replace('"', '\\"'), 'é');
  fc.assert(
    fc.property(fc.array(key, { maxLength: 5 }), (keys) => {
      const text = `{${keys.map((each) => `"${each}":{"a":[{"a":1}]}`).join()}}`;
      const kept = Object.keys(JSON.parse(text) as object).length;
      expect(findJsonFault(Buffer.from(text), 64)).toBe(
        kept < keys.length ? 'name_twice' : undefined,
      );
    }),
    { seed: 26, numRuns: 300 },
  );
});
