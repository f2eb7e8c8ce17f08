/** Scope: nobody sees another organisation's alert, by whatever way they ask. */
import { beforeAll, expect, test } from 'vitest';
import { parseAlertFilters } from '../../../dashboard/lib/server/alert-filters.ts';
import { readAlert } from '../../../dashboard/lib/server/alert-detail.ts';
import type { SourceFeed } from '../../../dashboard/lib/server/feed-health.ts';
import { readAlertList } from '../../../dashboard/lib/server/alert-list.ts';
import { createReader, type Scope } from '../../../dashboard/lib/server/scope.ts';
import { parseStatement } from '../../../sql/statement.ts';
import {
  alerts_of_trust,
  fillSmallExchange,
  other_alert_id,
  other_trust,
  own_alert_id,
  trust,
} from '../../browser/small-exchange.ts';
import { onEachEngine } from '../../support/engines.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const investigator: Scope = { user_id: 'u1', role: 'investigator', organisation_codes: [trust] };
const list = (query: string) => parseAlertFilters(new URLSearchParams(query));

onEachEngine('scope', (engine) => {
  beforeAll(() => fillSmallExchange(engine().client, now));
  const readerFor = (scope: Scope | undefined) => createReader(engine().client, scope);

  test('a list holds the alerts of the viewer’s own organisations, whatever the filters ask for', async () => {
    for (const query of [
      'status=any',
      `status=any&organisation=${other_trust}`,
      'status=any&page=3',
    ]) {
      const { rows, all } = await readAlertList(readerFor(investigator), list(query));
      expect(all).toBe(alerts_of_trust);
      expect(rows.every(({ organisation_code }) => organisation_code === trust)).toBe(true);
    }
  });

  test('pages and counts of the list add up', async () => {
    const reader = readerFor(investigator);
    const pages = await Promise.all(
      [1, 2, 3].map((page) => readAlertList(reader, list(`status=any&page=${page}`))),
    );
    const ids = pages.flatMap(({ rows }) => rows.map(({ alert_id }) => alert_id));
    expect(new Set(ids).size).toBe(alerts_of_trust);
    expect(ids[0]).toBe(own_alert_id);
  });

  test('another organisation’s alert is as absent as one that never was', async () => {
    const reader = readerFor(investigator);
    expect(await readAlert(reader, own_alert_id)).toBeDefined();
    expect(await readAlert(reader, other_alert_id)).toBeUndefined();
    expect(await readAlert(reader, 'never')).toBeUndefined();
    for (const name of ['alert_events', 'alert_history', 'alert_explanations']) {
      expect(await reader.scoped(name, { alert_id: other_alert_id })).toEqual([]);
    }
  });

  test('the other organisation sees its own, and its staff are no colleagues of the first’s', async () => {
    const other = readerFor({ user_id: 'u2', role: 'guardian', organisation_codes: [other_trust] });
    expect(await readAlert(other, other_alert_id)).toBeDefined();
    expect(await readAlert(other, own_alert_id)).toBeUndefined();
    const detail = await readAlert(readerFor(investigator), own_alert_id);
    expect(detail?.weighed.reasons_against.join()).toMatch(/1 colleague of the same organisation/);
  });

  test('a role without alerts has none, even with organisations to its name', async () => {
    for (const role of ['programme_lead', 'administrator'] as const) {
      const reader = readerFor({ user_id: 'u3', role, organisation_codes: [trust] });
      expect(await reader.scoped('alert', { alert_id: own_alert_id })).toEqual([]);
    }
  });

  test('a page cannot bind the scope, leave the folder, or read for nobody', async () => {
    const reader = readerFor(investigator);
    await expect(
      reader.scoped('alert', { alert_id: 'x', organisation_codes: [other_trust] }),
    ).rejects.toThrow(/bound here/);
    await expect(reader.scoped('alert', { alert_id: 'x', own_staff: [] })).rejects.toThrow(
      /bound here/,
    );
    await expect(reader.scoped('../people/user')).rejects.toThrow(/snake_case/);
    await expect(reader.administrator('reject_samples')).rejects.toThrow(/administrator/);
    await expect(readerFor(undefined).exchange('detectors')).rejects.toThrow(/Nobody is signed in/);
  });

  test('an alert shows nothing of where anybody lives, and of a protected patient not even the practice', async () => {
    const reader = readerFor(investigator);
    const shown = JSON.stringify(await readAlert(reader, own_alert_id));
    expect(shown).toContain('Testerson');
    expect(shown).not.toMatch(/SECRET-UPRN|ZZ99/);
    const protected_alert = await readAlert(reader, 'c000000000000000');
    expect(protected_alert?.alert.is_protected).toBeTruthy();
    expect(protected_alert?.alert.practice_name).toBe('');
  });

  test('an alert shows the events of committed loads alone', async () => {
    await engine().client.command(
      parseStatement(
        'test',
        "INSERT INTO access_events SELECT * REPLACE (99 AS load_seq) FROM access_events WHERE event_id = 'e0'",
      ),
    );
    const detail = await readAlert(readerFor(investigator), own_alert_id);
    expect(detail?.events.map(({ event_id }) => event_id)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
  });

  test('a source that ended before it sent any event is in no list of feeds', async () => {
    const feeds = await readerFor(investigator).exchange<SourceFeed>('source_feeds');
    expect(feeds.map(({ source }) => source)).toEqual([
      'a-second-source-with-a-very-long-name-indeed',
      'north-hub',
    ]);
  });
});
