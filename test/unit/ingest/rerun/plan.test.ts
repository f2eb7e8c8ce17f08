import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpooledEvent } from '../../../../ingest/event.ts';
import { storedForm } from '../../../../ingest/formats/fhir/write.ts';
import {
  changesSomething,
  planMessage,
  planNative,
  type JudgedRefusal,
  type KnownEvent,
  type OpenReject,
  type Plan,
  type Reading,
} from '../../../../ingest/rerun/plan.ts';

const read = (event_id: string, section = ''): SpooledEvent => ({
  event_id,
  occurred_at: Date.UTC(2026, 2, 1),
  action: 'view',
  outcome: 'unknown',
  trigger: 'unknown',
  purpose: 'unknown',
  staff_id: '555000000001',
  staff_id_system: 'urn:access-audit:local',
  organisation_code: 'RZZ01',
  patient_id: '9990000018',
  ...(section !== '' && { section }),
});

let position = 0;
const known = (event: SpooledEvent, more: Partial<KnownEvent> = {}): KnownEvent => ({
  ...storedForm('hub', event, 0),
  message_id: 'm',
  load_seq: 1,
  segment_position: ++position,
  is_current: true,
  ...more,
});

const refusal = (code: JudgedRefusal['code'], event_id = ''): JudgedRefusal => ({
  code,
  message: 'why',
  event_id,
});
const open = (code: string, more: Partial<OpenReject> = {}): OpenReject => ({
  segment_id: 's',
  segment_position: ++position,
  code,
  expression: '',
  event_id: '',
  ...more,
});
const plan = (reading: Partial<Reading>, stored: KnownEvent[] = [], rejects: OpenReject[] = []) =>
  planMessage('m', { events: [], refusals: [], ...reading }, stored, rejects);

describe('the plan for a message that is run again', () => {
  it('stores what is new, and leaves what is there', () => {
    expect(plan({ events: [read('a'), read('a#2')] }, [known(read('a'))])).toMatchObject({
      store: [{ event_id: 'a#2' }],
      supersede: [],
      unchanged: 1,
    });
  });

  it('stores a revision of what is another now, after the last one', () => {
    const stored = [
      known(read('a'), { is_current: false }),
      known(read('a~2', 'results'), { event_id: 'a~2' }),
      known(read('ab'), { message_id: 'other' }),
    ];
    expect(plan({ events: [read('a', 'documents')] }, stored)).toMatchObject({
      store: [{ event_id: 'a~3', section: 'documents' }],
      supersede: [{ event: { event_id: 'a~2' }, replaced_by: 'a~3' }],
    });
  });

  it('gives a long id a revision that is no longer than an id may be', () => {
    const long = 'x'.repeat(128);
    const { store } = plan({ events: [read(long, 'results')] }, [known(read(long))]);
    expect(store[0]?.event_id).toMatch(/^[0-9a-f]{64}~2$/);
    const next = plan({ events: [read(long)] }, [
      known(read(long), { is_current: false }),
      known({ ...read(long, 'results'), event_id: store[0]?.event_id ?? '' }),
    ]);
    expect(next.store[0]?.event_id).toMatch(/^[0-9a-f]{64}~3$/);
  });

  it('leaves an id with the message that had it first', () => {
    const theirs = known(read('a', 'results'), { message_id: 'other' });
    const conflict = open('EVENT_CONFLICT', { event_id: 'a' });
    const unchanged = plan({ events: [read('a')] }, [theirs], [conflict]);
    expect(changesSomething(unchanged)).toBe(false);
    expect(unchanged.still_refused).toEqual([conflict]);
    const same = plan({ events: [read('a', 'results')] }, [theirs], [conflict]);
    expect(same).toMatchObject({ store: [], resolve: [{ resolution: 'accepted' }] });
  });

  it('withdraws what the message no longer tells, and refuses what it refuses now', () => {
    const gone = known(read('a'));
    expect(plan({ refusals: [refusal('MESSAGE_USER_UNKNOWN')] }, [gone])).toMatchObject({
      supersede: [{ event: gone, replaced_by: '' }],
      refuse: [{ code: 'MESSAGE_USER_UNKNOWN' }],
    });
  });

  it('changes nothing where reading failed by a fault of ours', () => {
    const stored = [known(read('a'))];
    expect(changesSomething(plan({ refusals: [refusal('MESSAGE_UNREADABLE')] }, stored))).toBe(
      false,
    );
  });

  it('changes nothing when it is made again of what it left', () => {
    const ids = fc.constantFrom('a', 'a#2', 'a#3');
    const sections = fc.constantFrom('', 'results', 'documents');
    const codes = fc.constantFrom(
      'MESSAGE_USER_UNKNOWN' as const,
      'MESSAGE_PATIENT_MISSING' as const,
    );
    const reading = fc.record({
      events: fc.uniqueArray(
        fc.tuple(ids, sections).map(([id, section]) => read(id, section)),
        { selector: ({ event_id }) => event_id },
      ),
      refusals: fc.uniqueArray(codes, {}).map((each) => each.map((code) => refusal(code))),
    });
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 6 }), (readings) => {
        let state = { stored: [] as KnownEvent[], rejects: [] as OpenReject[] };
        for (const each of readings) {
          state = applied(state, planMessage('m', each, state.stored, state.rejects));
          const again = planMessage('m', each, state.stored, state.rejects);
          expect(changesSomething(again)).toBe(false);
          const current = state.stored.filter(({ is_current }) => is_current);
          expect(current.map(({ event_id }) => event_id.replace(/~\d+$/, '')).sort()).toEqual(
            each.events.map(({ event_id }) => event_id).sort(),
          );
          expect(new Set(state.stored.map(({ event_id }) => event_id)).size).toBe(
            state.stored.length,
          );
          expect(state.rejects.map(({ code }) => code).sort()).toEqual(
            each.refusals.map(({ code }) => code).sort(),
          );
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

/** What the store holds after a plan. */
function applied(
  state: { stored: KnownEvent[]; rejects: OpenReject[] },
  { store, supersede, resolve, refuse }: Plan,
) {
  const gone = new Set(supersede.map(({ event }) => event));
  const resolved = new Set(resolve.map(({ reject }) => reject));
  return {
    stored: [
      ...state.stored.map((each) => (gone.has(each) ? { ...each, is_current: false } : each)),
      ...store.map((event) => known(event)),
    ],
    rejects: [
      ...state.rejects.filter((each) => !resolved.has(each)),
      ...refuse.map(({ code }) => open(code)),
    ],
  };
}

describe('the plan for a native event that was refused', () => {
  const before = open('EVENT_ORGANISATION_NOT_ALLOWED');

  it.each([
    ['is stored where it passes now', read('a'), [], { store: [{ event_id: 'a' }], resolve: [{}] }],
    [
      'is resolved where it is there already',
      read('a'),
      [known(read('a'))],
      { store: [], resolve: [{}], unchanged: 1 },
    ],
    [
      'stays refused where its id is there with other content',
      read('a'),
      [known(read('a', 'results'))],
      { store: [], resolve: [], still_refused: [before] },
    ],
    [
      'stays refused where it is refused as before',
      refusal('EVENT_ORGANISATION_NOT_ALLOWED'),
      [],
      { resolve: [], refuse: [], still_refused: [before] },
    ],
    [
      'is refused otherwise where another rule stops it now',
      refusal('EVENT_TIME_FUTURE'),
      [],
      { refuse: [{ code: 'EVENT_TIME_FUTURE' }], resolve: [{ resolution: 'refused_otherwise' }] },
    ],
  ] as const)('%s', (_title, checked, stored, expected) => {
    expect(planNative(checked, stored, before)).toMatchObject(expected);
  });
});
