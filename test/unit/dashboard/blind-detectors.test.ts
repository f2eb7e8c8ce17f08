/** Which detectors are told to be blind: wholly, in part, or not. */
import { expect, test } from 'vitest';
import { judgeBlindness } from '../../../dashboard/lib/server/blind-detectors.ts';
import type { DetectorCard } from '../../../dashboard/lib/server/detectors.ts';
import type { FeedHealth } from '../../../sql/feed-health.ts';

const now = Date.parse('2026-06-10T12:00:00Z');
const day = 86_400_000;

function detector(more: Partial<DetectorCard> = {}): DetectorCard {
  return {
    detector_id: 'household',
    title: 'Household',
    needs: ['staff', 'patients'],
    readme: '',
    ceiling: 'active',
    silenced_by: 'none',
    lookback_days: 0,
    run_status: 'succeeded',
    run_detail: '',
    run_at: now,
    ...more,
  };
}

function feed(dataset: string, source: string, state: FeedHealth['state'] = 'ok'): FeedHealth {
  return {
    dataset,
    source,
    state,
    heard_at_ms: state === 'never' ? 0 : now - day,
    first_event_at_ms: now - 30 * day,
  } as FeedHealth;
}

const events = feed('access_events', 'hub');
const whole = [events, feed('staff', 'hr'), feed('patients', 'index')];

function told(detectors: readonly DetectorCard[], feeds: readonly FeedHealth[]) {
  const { blind, partly_blind } = judgeBlindness(detectors, feeds, now);
  return { blind: blind.map(({ why }) => why), partly: partly_blind.map(({ why }) => why) };
}

test('a detector with all that it needs is not blind', () => {
  expect(told([detector()], whole)).toEqual({ blind: [], partly: [] });
});

test('a dataset that never came blinds those that need it, and no other', () => {
  const other = detector({ detector_id: 'own_record', needs: ['staff'] });
  expect(told([detector(), other], whole.slice(0, 2))).toEqual({
    blind: ['patients have never come'],
    partly: [],
  });
});

test('a dataset is missing where all its feeds are silent, and in part where some are', () => {
  const silent = feed('patients', 'index', 'silent');
  expect(told([detector()], [events, feed('staff', 'hr'), silent]).blind).toEqual([
    'no new patients since 9 Jun 2026, 13:00',
  ]);
  expect(told([detector()], [...whole, { ...silent, source: 'other' }])).toEqual({
    blind: [],
    partly: ['no new patients from other'],
  });
});

test('a silent source is told by itself, and blinds all detectors only where no source is left', () => {
  const silent = feed('access_events', 'hub', 'silent');
  const alone = judgeBlindness([detector()], [silent, ...whole.slice(1)], now);
  expect(alone.blind.map(({ why }) => why)).toEqual(['no access events since 9 Jun 2026, 13:00']);
  const beside = judgeBlindness(
    [detector()],
    [silent, feed('access_events', 'second'), ...whole.slice(1)],
    now,
  );
  expect(beside.blind).toEqual([]);
  expect(beside.silent).toEqual([{ source: 'hub', why: 'nothing since 9 Jun 2026, 13:00' }]);
});

test('without the staff directory, what asks for a link of the team sees in part', () => {
  const asking = detector({ needs: ['patients'], silenced_by: 'team' });
  const other = detector({ needs: ['patients'], silenced_by: 'organisation' });
  expect(told([asking, other], whole)).toEqual({ blind: [], partly: [] });
  expect(told([asking, other], [events, feed('patients', 'index')])).toEqual({
    blind: [],
    partly: ['staff have never come, and nobody can tell who is of the team that treats a patient'],
  });
});

test('a late source and one that never sent blind nobody', () => {
  const feeds = [...whole, feed('access_events', 'b', 'late'), feed('access_events', 'c', 'never')];
  expect(judgeBlindness([detector()], feeds, now)).toEqual({
    blind: [],
    partly_blind: [],
    silent: [],
  });
});

test('a detector that learns from more days than are known sees in part', () => {
  expect(told([detector({ lookback_days: 90 })], whole).partly).toEqual([
    'it learns from 90 days, and events are known of 30',
  ]);
  expect(told([detector({ lookback_days: 30 })], whole).partly).toEqual([]);
});

test('what its last run said counts, and drafts are left out', () => {
  expect(told([detector({ run_status: 'failed' })], whole).blind).toEqual(['its last run failed']);
  expect(
    told([detector({ run_status: 'blind', run_detail: 'staff, patients' })], whole).blind,
  ).toEqual(['staff, patients had not come when it last ran']);
  expect(told([detector({ ceiling: 'draft', needs: ['rosters'] })], whole).blind).toEqual([]);
});
