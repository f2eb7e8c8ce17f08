/** Alerts about the viewer: in no list, count, item, preview or figure of theirs, and as ever for everybody else. */
import { beforeAll, expect, test } from 'vitest';
import { loadDetectors } from '../../../analytics/detectors.ts';
import { refreshQueue } from '../../../analytics/ranking/build.ts';
import { parseAlertFilters } from '../../../dashboard/lib/server/alert-filters.ts';
import { isOwnAlert, readAlert } from '../../../dashboard/lib/server/alert-detail.ts';
import { readAlertList } from '../../../dashboard/lib/server/alert-list.ts';
import {
  previewSuppression,
  readSubject,
  readSuppressions,
} from '../../../dashboard/lib/server/alert-suppressions.ts';
import { readFigures } from '../../../dashboard/lib/server/detector-figures.ts';
import { readFindings } from '../../../dashboard/lib/server/findings.ts';
import { parseQueueFilters } from '../../../dashboard/lib/server/queue-filters.ts';
import { readQueueItem } from '../../../dashboard/lib/server/queue-item.ts';
import { readQueue } from '../../../dashboard/lib/server/queue-list.ts';
import { createReader, readOwnStaff } from '../../../dashboard/lib/server/scope.ts';
import { fixedClock } from '../../../sql/clock.ts';
import {
  alerts_of_trust,
  fillSmallExchange,
  other_trust,
  own_alert_id,
  trust,
} from '../../browser/small-exchange.ts';
import { onEachEngine } from '../../support/engines.ts';

const clock = fixedClock(Date.parse('2026-11-20T12:00:00Z'));
const of_others_id = 'c000000000000002';
const staff_row = {
  staff_id_system: '',
  source: 'north-hub',
  load_seq: 1,
  line: 0,
  ended_at: null,
  content_hash: 1,
};

onEachEngine('alerts about the viewer', (engine) => {
  let version = 0;
  const truncate = (table: string) =>
    engine().client.command({ name: 'test', text: `TRUNCATE TABLE ${table}` });
  const user = (user_id: string, change: object) =>
    engine().client.insert('user_versions', [
      {
        user_id,
        version: ++version,
        name: 'Somebody Else',
        role: 'guardian',
        organisation_codes: [trust],
        changed_at: 1,
        ...change,
      },
    ]);

  beforeAll(() => fillSmallExchange(engine().client, clock.now()));

  test('of the pages, nothing is about the viewer, and for a colleague all is as it was', async () => {
    // Alex Example of the small exchange, whom the alert at their own address is about.
    await user('alex', { subject: 's1' });
    await user('colleague', {});
    await engine().client.insert('suppressions', [
      {
        ...{ suppression_id: 'x1', change: 'made', organisation_code: trust, staff_id: 's1' },
        ...{ owner: 'o', reason: 'SECRET-WHY', expires_at: clock.now() + 1e9, at: clock.now() - 1 },
      },
    ]);
    await engine().client.insert('findings', [
      {
        ...{ finding_id: 'f1', alert_id: own_alert_id, detector_id: 'household', alert_version: 2 },
        ...{ detector_version: '1.0', organisation_code: trust, change: 'reopened' },
        ...{ note: 'SECRET-NOTE', found_at: clock.now() },
      },
    ]);
    await engine().client.insert('replay_alerts', [
      {
        ...{ request_id: 'q1', change: 'going', alert_id: own_alert_id, detector_id: 'household' },
        ...{ organisation_code: trust, day: '2026-11-18' },
      },
    ]);
    const seenBy = async (user_id: string) => {
      const reader = createReader(engine().client, {
        user_id,
        role: 'guardian',
        organisation_codes: [trust],
      });
      const query = (text: string) => new URLSearchParams(text);
      const queue = await readQueue(reader, parseQueueFilters(query('show=all')));
      const figures = await readFigures(reader, { is_all: false, codes: [trust] });
      const preview = { is_of_detector: false, is_of_staff: false, is_of_patient: true };
      return {
        detail: await readAlert(reader, own_alert_id),
        is_own: await isOwnAlert(reader, own_alert_id),
        list: await readAlertList(reader, parseAlertFilters(query('status=any'))),
        queue,
        places: queue.rows.map(({ place }) => place),
        item: await readQueueItem(reader, own_alert_id, parseQueueFilters(query('show=all'))),
        findings: await readFindings(reader, [own_alert_id]),
        subject: await readSubject(reader, own_alert_id),
        suppressions: await readSuppressions(reader, clock.now()),
        preview: await previewSuppression(reader, clock.now(), of_others_id, {
          ...{ ...preview, owner: '', reason: '', days: 1 },
        }),
        figures: figures.get('household')?.alerts ?? 0,
        by_id: await Promise.all(
          [...['alert_events', 'alert_explanations', 'alert_history', 'suppression_subject']].map(
            (name) => reader.scoped(name, { alert_id: own_alert_id }),
          ),
        ),
        replayed: await reader.scoped('replay_alerts', { request_ids: ['q1'] }),
        heads: await reader.scoped('alert_heads', { alert_ids: [own_alert_id] }),
      };
    };
    const theirs = await seenBy('colleague');
    const mine = await seenBy('alex');

    expect(theirs.detail?.is_withheld).toBe(false);
    expect([theirs.is_own, mine.is_own]).toEqual([false, true]);
    expect(mine.detail).toBeUndefined();
    expect([theirs.list.all, mine.list.all]).toEqual([alerts_of_trust, alerts_of_trust - 1]);
    const counted = (seen: typeof mine) =>
      seen.list.choices.detectors.find(({ value }) => value === 'household')?.alerts;
    expect([counted(theirs), counted(mine)]).toEqual([3, 2]);
    expect([theirs.queue.all, mine.queue.all]).toEqual([2, 1]);
    expect([theirs.queue.shown, mine.queue.shown]).toEqual([2, 1]);
    expect([theirs.places, mine.places]).toEqual([[1, 2], [1]]);
    expect(mine.queue.rows[0]?.rank_in_organisation).toBe(1);
    expect(theirs.item).toBeDefined();
    expect(mine.item).toBeUndefined();
    expect([theirs.findings.length, mine.findings.length]).toEqual([1, 0]);
    expect(theirs.subject?.staff_id).toBe('s1');
    expect(mine.subject).toBeUndefined();
    expect([theirs.suppressions.length, mine.suppressions.length]).toEqual([1, 0]);
    const previewed = (seen: typeof mine) =>
      seen.preview.reduce((total, { alerts }) => total + alerts, 0);
    expect(previewed(theirs) - previewed(mine)).toBe(1);
    expect(theirs.figures - mine.figures).toBe(1);
    expect(theirs.by_id.filter((rows) => rows.length > 0).length).toBe(4);
    expect([theirs.replayed.length, mine.replayed.length]).toEqual([1, 0]);
    expect([mine.by_id.flat(), mine.heads]).toEqual([[], []]);
    expect(JSON.stringify(theirs)).toMatch(/SECRET-NOTE/);
    expect(JSON.stringify(mine)).not.toMatch(new RegExp(`SECRET|Alex|"s1"|${own_alert_id}`));
  });

  test('where the viewer’s item stood first in the queue, no gap tells of it', async () => {
    const { client } = engine();
    await truncate('findings');
    await truncate('suppressions');
    await refreshQueue(client, clock);
    const [first] = await client.rows<{ staff_id: string }>({
      name: 'test',
      text: `SELECT staff_id FROM queue_entries WHERE organisation_code = '${trust}' ORDER BY place LIMIT 1`,
    });
    await user('first', { subject: first?.staff_id });
    const scope = { user_id: 'first', role: 'guardian', organisation_codes: [trust] } as const;
    const filters = parseQueueFilters(new URLSearchParams());
    const { rows } = await readQueue(createReader(client, scope), filters);
    expect(rows).toMatchObject([{ place: 1, rank_in_organisation: 1 }]);
    expect(rows[0]?.staff_id).not.toBe(first?.staff_id);
  });

  test('a failure to learn who the viewer is shows nothing', async () => {
    const scope = { user_id: 'alex', role: 'guardian', organisation_codes: [trust] } as const;
    const reader = createReader(engine().client, scope);
    await engine().client.command({ name: 'test', text: 'RENAME TABLE user_versions TO away' });
    try {
      await expect(readAlert(reader, of_others_id)).rejects.toThrow();
    } finally {
      await engine().client.command({ name: 'test', text: 'RENAME TABLE away TO user_versions' });
    }
  });

  test('a user is whom the subject or a name of one person alone says, and nobody otherwise', async () => {
    const { client } = engine();
    await engine().truncate();
    // By user: who they are, the staff and identities that there are, and the identifiers that are theirs.
    const users = {
      unknown: { expected: [] },
      by_subject: { subject: 'a1', staff: [post('a1', 'Bea Two')], expected: ['|a1'] },
      by_name: { staff: [post('b1', '  BY_NAME ')], expected: ['|b1'] },
      elsewhere: { staff: [post('c1', 'elsewhere', other_trust)], expected: [] },
      namesakes: { staff: [post('d1', 'namesakes'), post('d2', 'namesakes')], expected: [] },
      subject_of_two: {
        subject: 'e1',
        staff: [post('e1', 'subject_of_two'), post('e2', 'subject_of_two')],
        expected: ['|e1'],
      },
      of_three_identifiers: {
        staff: [post('f1', 'of_three_identifiers'), post('f2', 'Married Name', other_trust)],
        identities: [
          { staff_id: 'f1', person_key: 'p1' },
          { staff_id: 'f2', person_key: 'p1' },
          { staff_id: 'f3', person_key: 'p1', ended_at: 1000 },
        ],
        expected: ['|f1', '|f2', '|f3'],
      },
      name_of_another_post: {
        staff: [post('g1', 'Other Name'), post('g2', 'name_of_another_post', other_trust)],
        identities: [
          { staff_id: 'g1', person_key: 'p2' },
          { staff_id: 'g2', person_key: 'p2' },
        ],
        expected: ['|g1', '|g2'],
      },
      once_called: {
        staff: [post('h1', 'once_called'), { ...post('h1', 'Called Otherwise'), load_seq: 2 }],
        expected: [],
      },
      has_left: { staff: [{ ...post('i1', 'has_left'), ended_at: 1000 }], expected: [] },
      shared: {
        staff: [post('j1', 'shared')],
        identities: [{ staff_id: 'j1', person_key: 'ward', kind: 'shared' }],
        expected: [],
      },
    } satisfies Record<string, Known>;
    const known: [string, Known][] = Object.entries(users);
    const rows = (of: (one: Known) => readonly object[] | undefined) =>
      known.flatMap(([, one]) => of(one) ?? []).map((row) => ({ ...staff_row, ...row }));
    await client.insert(
      'staff_versions',
      rows(({ staff }) => staff),
    );
    await client.insert(
      'staff_identities_versions',
      rows(({ identities }) => identities).map((row) => ({ kind: 'person', ...row })),
    );
    for (const [name, { subject = '' }] of known) await user(name, { name, subject });

    for (const [name, { expected }] of known) {
      const own = await readOwnStaff(client, name);
      expect(own.sort(), name).toEqual(expected);
    }
    expect(await readOwnStaff(client, 'never')).toEqual([]);
    expect(await knownToWatcher(known.map(([name]) => name))).toEqual(
      new Map(known.map(([name, { expected }]) => [name, expected.length > 0])),
    );
  });

  /** Of each user, whether the detector that tells of looks at oneself knows who they are: all look at all staff. */
  async function knownToWatcher(names: readonly string[]): Promise<Map<string, boolean>> {
    const { client } = engine();
    const watcher = loadDetectors().find(({ id }) => id === 'watcher');
    if (!watcher) throw new Error('There is no such detector.');
    const known = await client.rows<{ staff_id: string }>({
      name: 'test',
      text: 'SELECT DISTINCT staff_id FROM staff',
    });
    const at = Date.parse('2026-11-18T10:00:00Z');
    await client.insert(
      'alert_versions',
      known.map(({ staff_id }) => ({
        ...{ alert_id: `of-${staff_id}`, version: 1, change: 'raised', staff_id },
        ...{ staff_id_system: '', organisation_code: trust, first_at: at, last_at: at },
      })),
    );
    await client.insert(
      'own_audit',
      names.map((user_id) => ({
        ...{ audit_id: user_id, at, user_id, role: 'guardian', action: 'view' },
        subject_ids: known.map(({ staff_id }) => `of-${staff_id}`),
      })),
    );
    const found = await client.rows<{ event_ids: string[]; facts: { about: string } }>(
      watcher.statement,
      { days: ['2026-11-18'], ...watcher.params },
      { limits: 'analysis' },
    );
    const themselves = found.filter(({ facts }) => facts.about.includes('themselves'));
    const cited = new Set(themselves.flatMap(({ event_ids }) => event_ids));
    return new Map(names.map((name) => [name, cited.has(name)]));
  }
});

/** A user as a test has them, whose name is their id. */
interface Known {
  readonly subject?: string;
  readonly staff?: readonly object[];
  readonly identities?: readonly object[];
  readonly expected: readonly string[];
}

function post(staff_id: string, name: string, organisation_code = trust) {
  return { staff_id, name, organisation_code };
}
