-- The health of every feed as of {now}: one row per dataset and source, with the figures that its verdict rests on.
-- Work on hours and on the loads that are not in them yet; no event is read. Slots are hours of the week in
-- Europe/London, 24 to a day, and a bank holiday's are those of a Sunday.
WITH
fromUnixTimestamp64Milli({now:Int64}, 'UTC') AS now_at,
toStartOfHour(now_at) AS now_hour,
(SELECT max(p.load_seq) FROM feed_hour_parts AS p) AS read_seq,
-- A rhythm is learned from eight weeks. What came before tells how long the gap was that reaches into them.
now_hour - INTERVAL 8 WEEK AS learned_from,
(h -> toUInt16(if(has({bank_holidays:Array(Date)}, toDate(h, 'Europe/London')), 7,
    toDayOfWeek(toTimeZone(h, 'Europe/London'))) * 24 + toHour(toTimeZone(h, 'Europe/London')))) AS slotOf,
-- Half a year is looked at: a gap of three months has two gaps in it to be learned from.
now_hour - INTERVAL 26 WEEK AS looked_from,
-- Loads that are committed and not in the hours yet: one row per feed.
tail AS (
    SELECT 'access_events' AS dataset, source, max(s.loaded_at) AS tail_heard_at, max(s.last_occurred_at) AS tail_event_at
    FROM segments AS s ARRAY JOIN s.sources AS source
    WHERE s.load_seq > read_seq GROUP BY source
    UNION ALL
    SELECT toString(r.dataset) AS dataset, toString(r.source) AS source, max(r.loaded_at) AS tail_heard_at,
        NULL AS tail_event_at
    FROM reference_loads AS r WHERE r.load_seq > read_seq GROUP BY r.dataset, r.source
),
-- Every feed that was ever heard: one row each.
lives AS (
    SELECT p.dataset AS dataset, p.source AS source, min(p.first_heard_at) AS first_heard_at,
        max(p.last_heard_at) AS read_heard_at, max(p.last_occurred_at) AS read_event_at, sum(p.deliveries) AS deliveries,
        sum(p.stored) AS stored, sum(p.duplicates) AS duplicates, sum(p.conflicts) AS conflicts,
        sum(p.rejects) AS rejects, sumMap(p.rejects_by_code) AS rejects_by_code,
        sum(p.unmapped_staff) AS unmapped_staff, sum(p.unmapped_patients) AS unmapped_patients,
        sum(p.unmapped_organisations) AS unmapped_organisations, sum(p.ahead_events) AS ahead_events,
        minIf(toNullable(p.hour), p.occurred_events > 0) AS first_event_hour
    FROM feed_hour_parts AS p WHERE p.dataset != '' GROUP BY p.dataset, p.source
),
known_sources AS (
    SELECT s.source AS source, toUInt8(1) AS is_known, s.is_ended AS is_ended, s.is_simulated AS is_simulated,
        s.organisation_codes AS organisation_codes, s.added_at AS added_at
    FROM sources AS s
),
feed_keys AS (
    SELECT toString(p.dataset) AS dataset, toString(p.source) AS source FROM feed_hour_parts AS p WHERE p.dataset != ''
    UNION DISTINCT SELECT dataset, source FROM tail
    UNION DISTINCT
    -- Sources that were never heard of.
    SELECT 'access_events' AS dataset, v.source AS source FROM source_versions AS v
    WHERE v.source NOT IN (SELECT h.source FROM feed_hour_parts AS h) AND v.source NOT IN (SELECT t.source FROM tail AS t)
    GROUP BY v.source
    HAVING NOT argMax(v.is_ended, v.version)
),
heard_hours AS (
    SELECT p.dataset AS dataset, p.source AS source, p.hour AS hour, min(p.first_heard_at) AS first_heard_at,
        max(p.last_heard_at) AS last_heard_at, max(p.longest_gap_ms) AS longest_gap_ms
    FROM feed_hour_parts AS p
    WHERE p.deliveries > 0 AND p.hour >= looked_from AND p.hour <= now_hour
    GROUP BY p.dataset, p.source, p.hour
),
-- Hours with deliveries, each with the hour and the instant of the next delivery after it.
active AS (
    SELECT dataset, source, hour, longest_gap_ms,
        leadInFrame(toNullable(hour)) OVER following AS next_hour,
        dateDiff('millisecond', last_heard_at, leadInFrame(first_heard_at) OVER following) AS crossing_ms
    FROM heard_hours
    WINDOW following AS (PARTITION BY dataset, source ORDER BY hour ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
),
-- Every hour of the learned weeks up to the last delivery, with the longest gap that touches it. The hour of the last
-- delivery is left out, since the gap after it is not known yet.
gap_hours AS (
    SELECT dataset, source, at.1 AS gap_hour, slotOf(gap_hour) AS slot, at.2 AS gap_ms, at.3 AS is_active
    FROM active
    ARRAY JOIN arrayConcat(
        [(active.hour, greatest(longest_gap_ms, assumeNotNull(crossing_ms)), 1)],
        arrayMap(ahead -> (active.hour + ahead * 3600, toUInt64(assumeNotNull(crossing_ms)), 0),
            range(1, toUInt32(dateDiff('hour', active.hour, assumeNotNull(next_hour)))))) AS at
    WHERE isNotNull(next_hour) AND gap_hour >= learned_from
),
slots AS (
    SELECT dataset, source, slot, quantileExact(0.5)(gap_ms) AS usual_ms, count() AS weeks,
        avg(is_active) >= 0.5 AS is_usually_active, sum(is_active) AS active_hours
    FROM gap_hours GROUP BY dataset, source, slot
),
-- Whether a feed keeps to hours of the week: nearly all its deliveries come in hours in which it usually delivers.
rhythms AS (
    SELECT dataset, source, sumIf(active_hours, is_usually_active) >= 0.8 * sum(active_hours) AS is_rhythmic,
        sum(active_hours) AS active_hours_learned, groupArrayIf(slot, is_usually_active) AS active_slots,
        maxIf(toNullable(usual_ms), slot = slotOf(now_hour)) AS slot_usual_ms,
        maxIf(weeks, slot = slotOf(now_hour)) AS slot_weeks
    FROM slots GROUP BY dataset, source
),
feeds AS (
    SELECT k.dataset AS dataset, k.source AS source,
        greatest(coalesce(l.read_heard_at, toDateTime64(0, 3, 'UTC')), t.tail_heard_at) AS heard_or_0,
        greatest(coalesce(l.read_event_at, toDateTime64(0, 3, 'UTC')), coalesce(t.tail_event_at, toDateTime64(0, 3, 'UTC')))
            AS event_or_0,
        l.* EXCEPT (dataset, source)
    FROM feed_keys AS k
    LEFT JOIN lives AS l ON l.dataset = k.dataset AND l.source = k.source
    LEFT JOIN tail AS t ON t.dataset = k.dataset AND t.source = k.source
),
-- Lateness of four weeks, by events: quantiles are the bounds that so many events kept to.
lateness_bounds AS (
    SELECT p.dataset AS dataset, p.source AS source, sumMap(p.lateness) AS lateness_map,
        arraySort(arrayZip(mapKeys(lateness_map), mapValues(lateness_map))) AS pairs,
        arrayCumSum(arrayMap(pair -> pair.2, pairs)) AS up_to,
        arrayFilter(pair -> pair.1 <= 604800, pairs) AS fresh_pairs,
        arrayCumSum(arrayMap(pair -> pair.2, fresh_pairs)) AS fresh_up_to
    FROM feed_hour_parts AS p
    WHERE p.hour >= now_hour - INTERVAL 4 WEEK AND p.hour <= now_hour AND p.stored > 0 AND p.dataset = 'access_events'
    GROUP BY p.dataset, p.source
),
lateness_quantiles AS (
    SELECT dataset, source,
        pairs[arrayFirstIndex(n -> n >= 0.5 * up_to[-1], up_to)].1 AS late_p50_s,
        pairs[arrayFirstIndex(n -> n >= 0.95 * up_to[-1], up_to)].1 AS late_p95_s,
        pairs[arrayFirstIndex(n -> n >= 0.99 * up_to[-1], up_to)].1 AS late_p99_s,
        -- History that was loaded at once says nothing of how long today's events take.
        if(empty(fresh_pairs), 0, fresh_pairs[arrayFirstIndex(n -> n >= 0.99 * fresh_up_to[-1], fresh_up_to)].1) AS complete_after_s
    FROM lateness_bounds
),
-- The day that is judged by volume: the 24 hours before the latest hour of which nearly all should be here by now.
volume_windows AS (
    SELECT f.source AS source, toStartOfHour(now_at - toIntervalSecond(q.complete_after_s)) AS window_end,
        window_end - INTERVAL 24 HOUR AS window_start,
        greatest(f.first_event_hour, window_start - INTERVAL 8 WEEK) AS volume_from
    FROM (
        SELECT p.source AS source, min(p.hour) AS first_event_hour FROM feed_hour_parts AS p
        WHERE p.dataset = 'access_events' AND p.occurred_events > 0 GROUP BY p.source
    ) AS f
    INNER JOIN lateness_quantiles AS q ON q.source = f.source
),
volume_hours AS (
    SELECT g.source AS source, g.grid_hour AS grid_hour, slotOf(g.grid_hour) AS slot, g.is_judged AS is_judged,
        toFloat64(h.occurred_events) AS events
    FROM (
        SELECT source, volume_from + ahead * 3600 AS grid_hour, grid_hour >= window_start AS is_judged
        FROM volume_windows
        ARRAY JOIN range(0, toUInt32(greatest(0, dateDiff('hour', volume_from, window_end)))) AS ahead
    ) AS g
    LEFT JOIN (
        SELECT p.source AS source, p.hour AS hour, sum(p.occurred_events) AS occurred_events
        FROM feed_hour_parts AS p
        WHERE p.dataset = 'access_events' AND p.occurred_events > 0 AND p.hour >= looked_from AND p.hour <= now_hour
        GROUP BY p.source, p.hour
    ) AS h
        ON h.source = g.source AND h.hour = g.grid_hour
),
-- The forecast of a slot: the median of the same hour of the week, and its spread by the median absolute deviation.
volume_slots AS (
    SELECT source, slot, groupArrayIf(events, NOT is_judged) AS before, length(before) AS weeks,
        arrayReduce('quantileExact(0.5)', before) AS forecast,
        1.4826 * arrayReduce('quantileExact(0.5)', arrayMap(n -> abs(n - forecast), before)) AS spread
    FROM volume_hours GROUP BY source, slot HAVING weeks > 0
),
-- Chance adds up by variance (Poisson); what goes beyond chance is a busy or a quiet day, and takes all hours with it.
volumes AS (
    SELECT v.source AS source, sum(v.events) AS volume, sum(s.forecast) AS volume_forecast, min(s.weeks) AS volume_weeks,
        sqrt(sum(s.forecast) + pow(sum(sqrt(greatest(0, pow(s.spread, 2) - s.forecast))), 2)) AS volume_spread,
        countIf(v.events = 0 AND s.forecast >= 5) AS missing_hours
    FROM volume_hours AS v
    LEFT JOIN volume_slots AS s ON s.source = v.source AND s.slot = v.slot
    WHERE v.is_judged
    GROUP BY v.source
),
-- What came in the last day, against the four weeks before it.
recent AS (
    SELECT dataset, source,
        sumIf(stored, is_recent) AS day_stored, sumIf(duplicates, is_recent) AS day_duplicates,
        sumIf(rejects + conflicts, is_recent) AS day_refused,
        sumIf(stored + duplicates + rejects + conflicts, is_recent) AS day_received,
        sumIf(rejects + conflicts, NOT is_recent) AS usual_refused,
        sumIf(stored + duplicates + rejects + conflicts, NOT is_recent) AS usual_received,
        sumIf(rejects_by_code['EVENT_TIME_FUTURE'], is_recent) AS day_refused_as_future,
        sumIf(ahead_events, is_recent) AS day_ahead, minIf(least_late_ms, is_recent) AS least_late_ms_of_day,
        uniqExactIf(hour, is_recent AND stored > 0) AS day_hours,
        sumIf(unmapped_staff, is_recent) AS day_unmapped_staff, sumIf(unmapped_patients, is_recent) AS day_unmapped_patients,
        sumIf(unmapped_organisations, is_recent) AS day_unmapped_organisations,
        sumIf(backfilled_events, is_recent) AS day_backfilled
    FROM (
        SELECT *, hour > now_hour - INTERVAL 24 HOUR AS is_recent FROM feed_hour_parts
        WHERE dataset != '' AND hour > now_hour - INTERVAL 29 DAY AND hour <= now_hour
    )
    GROUP BY dataset, source
),
-- Numbers at the end of event ids: one sequence where every id has one behind the same prefix, and few are missing.
sequences AS (
    SELECT p.dataset AS dataset, p.source AS source, sum(p.numbered_events) AS numbered, min(p.lowest_number) AS lowest,
        max(p.highest_number) AS highest, assumeNotNull(highest) - assumeNotNull(lowest) + 1 AS span,
        numbered = sum(p.stored) AND numbered >= 100 AND min(p.lowest_prefix) = max(p.highest_prefix)
            AND span <= 1.25 * numbered AND span >= numbered AS is_sequence
    FROM feed_hour_parts AS p
    WHERE p.dataset = 'access_events' AND p.hour >= looked_from
    GROUP BY p.dataset, p.source
)
SELECT f.dataset AS dataset, f.source AS source,
    toBool(k.is_known = 1 AND k.is_ended) AS is_ended, toBool(k.is_simulated) AS is_simulated,
    k.organisation_codes AS organisation_codes,
    toFloat64(toUnixTimestamp64Milli(k.added_at)) AS added_at_ms,
    toFloat64(toUnixTimestamp64Milli(f.heard_or_0)) AS heard_at_ms,
    toFloat64(toUnixTimestamp64Milli(f.event_or_0)) AS last_event_at_ms,
    toFloat64(coalesce(toUnixTimestamp(f.first_event_hour), 0)) * 1000 AS first_event_at_ms,
    toFloat64(greatest(0, {now:Int64} - toUnixTimestamp64Milli(f.heard_or_0))) AS silence_ms,
    -- Two weeks from the first delivery to the last, so that every hour of the week was seen twice.
    toBool(isNotNull(f.first_heard_at) AND dateDiff('hour', f.first_heard_at, f.heard_or_0) >= 336
        AND r.slot_weeks >= 2 AND r.active_hours_learned >= 3) AS has_rhythm,
    toFloat64(if(has_rhythm, greatest(10000, coalesce(r.slot_usual_ms, 0)), 86400000)) AS usual_interval_ms,
    -- Nothing is due while no hour has passed in which the feed usually delivers.
    -- How many whole hours have passed since the last delivery in which the feed usually delivers.
    toUInt32(arrayCount(ahead -> has(r.active_slots, slotOf(toStartOfHour(f.heard_or_0) + ahead * 3600)),
        range(1, toUInt32(least(1344, greatest(1, dateDiff('hour', toStartOfHour(f.heard_or_0), now_hour))))))) AS due_hours,
    -- Reference data that was loaded once or twice may never be loaded again, so without a rhythm nothing of it is due.
    toBool(if(has_rhythm, NOT r.is_rhythmic OR due_hours > 0
        OR (has(r.active_slots, slotOf(now_hour)) AND f.heard_or_0 >= now_hour - INTERVAL 1 HOUR), f.dataset = 'access_events')) AS is_due,
    toBool(f.heard_or_0 > toDateTime64(0, 3, 'UTC') AND is_due AND silence_ms >= 2.5 * usual_interval_ms) AS is_silent,
    toBool(f.heard_or_0 > toDateTime64(0, 3, 'UTC') AND is_due AND silence_ms >= 1.5 * usual_interval_ms) AS is_late,
    toFloat64(f.deliveries) AS deliveries, toFloat64(f.stored) AS stored, toFloat64(f.duplicates) AS duplicates,
    toFloat64(f.conflicts) AS conflicts, toFloat64(f.rejects) AS rejects,
    mapApply((code, n) -> (code, toFloat64(n)), f.rejects_by_code) AS rejects_by_code,
    toFloat64(f.unmapped_staff) AS unmapped_staff, toFloat64(f.unmapped_patients) AS unmapped_patients,
    toFloat64(f.unmapped_organisations) AS unmapped_organisations, toFloat64(f.ahead_events) AS ahead_events,
    toBool(q.source != '') AS has_lateness, toFloat64(q.late_p50_s) AS late_p50_s, toFloat64(q.late_p95_s) AS late_p95_s,
    toFloat64(q.late_p99_s) AS late_p99_s,
    toFloat64(v.volume) AS volume, toFloat64(v.volume_forecast) AS volume_forecast,
    toFloat64(v.volume_spread) AS volume_spread, toUInt32(v.volume_weeks) AS volume_weeks,
    toFloat64(toUnixTimestamp(w.window_start)) * 1000 AS volume_from_ms,
    toFloat64(toUnixTimestamp(w.window_end)) * 1000 AS volume_to_ms,
    toUInt32(v.missing_hours) AS missing_hours,
    toFloat64(n.day_stored) AS day_stored, toFloat64(n.day_duplicates) AS day_duplicates,
    toFloat64(n.day_refused) AS day_refused, toFloat64(n.day_received) AS day_received,
    toFloat64(if(n.usual_received > 0, n.usual_refused / n.usual_received, 0)) AS usual_refused_share,
    toFloat64(n.day_refused_as_future) AS day_refused_as_future, toFloat64(n.day_ahead) AS day_ahead,
    toFloat64(coalesce(n.least_late_ms_of_day, 0)) AS day_least_late_ms, toUInt32(n.day_hours) AS day_hours,
    toFloat64(n.day_unmapped_staff) AS day_unmapped_staff, toFloat64(n.day_unmapped_patients) AS day_unmapped_patients,
    toFloat64(n.day_unmapped_organisations) AS day_unmapped_organisations, toFloat64(n.day_backfilled) AS day_backfilled,
    toBool(e.is_sequence) AS is_sequence, if(e.is_sequence, toFloat64(e.span - e.numbered), 0) AS missing_numbers
FROM feeds AS f
LEFT JOIN known_sources AS k ON k.source = f.source
LEFT JOIN rhythms AS r ON r.dataset = f.dataset AND r.source = f.source
LEFT JOIN lateness_quantiles AS q ON q.dataset = f.dataset AND q.source = f.source
LEFT JOIN volume_windows AS w ON w.source = f.source AND f.dataset = 'access_events'
LEFT JOIN volumes AS v ON v.source = f.source AND f.dataset = 'access_events'
LEFT JOIN recent AS n ON n.dataset = f.dataset AND n.source = f.source
LEFT JOIN sequences AS e ON e.dataset = f.dataset AND e.source = f.source
ORDER BY f.dataset != 'access_events', f.dataset, f.source
