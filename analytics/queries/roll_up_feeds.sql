-- Adds the committed loads of a range to the hours of each feed, in one insert of one block: all of it stands, or none,
-- and how far was read stands with it. One row per dataset, source and hour, and one that only says how far was read.
INSERT INTO feed_hour_parts (dataset, source, hour, load_seq, deliveries, first_heard_at, last_heard_at, longest_gap_ms,
    stored, duplicates, conflicts, rejects, rejects_by_code, lateness, least_late_ms, ahead_events, backfilled_events,
    unmapped_staff, unmapped_patients, unmapped_organisations, numbered_events, lowest_number, highest_number,
    lowest_prefix, highest_prefix, last_occurred_at, occurred_events)
WITH
-- How late, in seconds: each event is counted under the least of these that it keeps to. They stand with their sign turned,
-- since roundDown looks for the greatest that is not above.
[-4294967295, -31536000, -7776000, -2592000, -604800, -259200, -172800, -129600, -108000, -86400, -72000, -57600, -43200,
    -28800, -21600, -14400, -10800, -7200, -3600, -1800, -1200, -600, -300, -120, -60, -30, -10, -5, -2, -1, 0] AS bounds,
-- Loads of the range: one row each.
loads AS (
    SELECT segments.load_seq AS load_seq, segments.loaded_at AS loaded_at, segments.sources AS sources
    FROM segments
    WHERE segments.load_seq > {from_load_seq:UInt64} AND segments.load_seq <= {to_load_seq:UInt64}
),
-- Loads in which we ran something again that had arrived before: nobody delivered it.
reruns_loaded AS (
    SELECT reject_resolutions.load_seq AS load_seq FROM reject_resolutions
    UNION DISTINCT
    SELECT superseded_events.load_seq AS load_seq FROM superseded_events
),
-- What was received, by load and source: receipts hold what became of each request.
received AS (
    SELECT r.source AS source, r.load_seq AS load_seq, count() AS deliveries, sum(r.duplicates) AS duplicates,
        sum(r.conflicts) AS conflicts
    FROM receipts AS r
    WHERE r.load_seq > {from_load_seq:UInt64} AND r.load_seq <= {to_load_seq:UInt64}
    GROUP BY r.source, r.load_seq
),
-- When each feed was heard: one row per feed and load.
heard AS (
    SELECT 'access_events' AS dataset, source, loads.load_seq AS load_seq, loads.loaded_at AS heard_at
    FROM loads ARRAY JOIN loads.sources AS source
    WHERE load_seq NOT IN (SELECT load_seq FROM reruns_loaded)
    UNION ALL
    SELECT toString(l.dataset) AS dataset, toString(l.source) AS source, l.load_seq AS load_seq, l.loaded_at AS heard_at
    FROM reference_loads AS l
    WHERE l.load_seq > {from_load_seq:UInt64} AND l.load_seq <= {to_load_seq:UInt64}
),
-- When each feed was last heard before the range.
heard_before AS (
    SELECT p.dataset AS dataset, p.source AS source, max(p.last_heard_at) AS before_at
    FROM feed_hour_parts AS p
    GROUP BY p.dataset, p.source
),
gaps AS (
    SELECT h.dataset AS dataset, h.source AS source, h.load_seq AS load_seq, h.heard_at AS heard_at,
        coalesce(
            lagInFrame(toNullable(h.heard_at)) OVER (PARTITION BY h.dataset, h.source ORDER BY h.heard_at, h.load_seq
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
            b.before_at) AS previous_at
    FROM heard AS h
    LEFT JOIN heard_before AS b ON b.dataset = h.dataset AND b.source = h.source
),
-- Deliveries by feed and hour of loading.
deliveries_by_hour AS (
    SELECT g.dataset AS dataset, g.source AS source, toStartOfHour(g.heard_at) AS hour,
        sum(greatest(r.deliveries, 1)) AS deliveries, min(g.heard_at) AS first_heard_at, max(g.heard_at) AS last_heard_at,
        max(greatest(0, coalesce(dateDiff('millisecond', g.previous_at, g.heard_at), 0))) AS longest_gap_ms,
        sumIf(r.duplicates, g.dataset = 'access_events') AS duplicates, sum(r.conflicts) AS conflicts
    FROM gaps AS g
    LEFT JOIN received AS r ON r.load_seq = g.load_seq AND r.source = g.source
    GROUP BY g.dataset, g.source, hour
),
-- Refusals and conflicts by feed, hour of loading and code.
refused AS (
    SELECT dataset, source, hour, sumMap(map(code, refusals)) AS rejects_by_code,
        sumIf(refusals, code != 'EVENT_CONFLICT') AS rejects
    FROM (
        SELECT toString(j.dataset) AS dataset, toString(j.source) AS source, toStartOfHour(l.loaded_at) AS hour,
            toString(j.code) AS code, count() AS refusals
        FROM ingest_rejects AS j
        INNER JOIN (
            SELECT load_seq, loaded_at FROM loads
            UNION ALL
            SELECT e.load_seq AS load_seq, e.loaded_at AS loaded_at FROM reference_loads AS e
            WHERE e.load_seq > {from_load_seq:UInt64} AND e.load_seq <= {to_load_seq:UInt64}
        ) AS l ON l.load_seq = j.load_seq
        WHERE j.load_seq > {from_load_seq:UInt64} AND j.load_seq <= {to_load_seq:UInt64}
            AND j.load_seq NOT IN (SELECT load_seq FROM reruns_loaded)
        GROUP BY dataset, source, hour, code
    )
    GROUP BY dataset, source, hour
),
-- The events that the range stored, but for revisions of events that had been counted.
events AS (
    SELECT e.source AS source, e.event_id AS event_id, e.occurred_at AS occurred_at, e.received_at AS received_at,
        e.load_seq AS load_seq, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.patient_id AS patient_id,
        e.organisation_code AS organisation_code
    FROM access_events AS e
    WHERE e.day IN (
            SELECT event_day FROM segments ARRAY JOIN segments.days AS event_day
            WHERE segments.load_seq > {from_load_seq:UInt64} AND segments.load_seq <= {to_load_seq:UInt64}
        )
        AND e.load_seq > {from_load_seq:UInt64} AND e.load_seq <= {to_load_seq:UInt64}
        AND (e.source, e.event_id) NOT IN (
            SELECT s.source, s.replaced_by FROM superseded_events AS s
            WHERE s.load_seq > {from_load_seq:UInt64} AND s.load_seq <= {to_load_seq:UInt64}
        )
),
-- The same, with what is to be known of each.
looked_at AS (
    SELECT toString(e.source) AS source, toStartOfHour(l.loaded_at) AS loaded_hour, toStartOfHour(e.occurred_at) AS occurred_hour,
        e.occurred_at AS occurred_at, dateDiff('millisecond', e.occurred_at, e.received_at) AS late_ms,
        toUInt32(negate(roundDown(negate(toInt64(ceil(greatest(0, late_ms) / 1000))), bounds))) AS late_s,
        (e.staff_id_system, e.staff_id) NOT IN (
            SELECT v.staff_id_system, v.staff_id FROM staff_versions AS v
            WHERE (v.staff_id_system, v.staff_id) IN (SELECT staff_id_system, staff_id FROM events)
            UNION DISTINCT
            SELECT v.staff_id_system, v.staff_id FROM staff_identities_versions AS v
            WHERE (v.staff_id_system, v.staff_id) IN (SELECT staff_id_system, staff_id FROM events)
        ) AS is_staff_unmapped,
        e.patient_id != '' AND e.patient_id NOT IN (
            SELECT v.patient_id FROM patients_versions AS v WHERE v.patient_id IN (SELECT patient_id FROM events)
        ) AS is_patient_unmapped,
        e.organisation_code NOT IN (SELECT v.organisation_code FROM organisations_versions AS v) AS is_organisation_unmapped,
        extract(e.event_id, '[0-9]{1,18}$') AS digits,
        digits != '' AS is_numbered, toUInt64OrZero(digits) AS number,
        substring(e.event_id, 1, length(e.event_id) - length(digits)) AS prefix
    FROM events AS e
    INNER JOIN loads AS l ON l.load_seq = e.load_seq
),
-- Events that agree in what they are added up by: some thousand rows of a million events.
alike AS (
    SELECT source, loaded_hour, occurred_hour, late_s, count() AS n, min(late_ms) AS least_late_ms,
        countIf(late_ms < -2000) AS ahead, countIf(late_ms > 604800000) AS backfilled,
        sum(is_staff_unmapped) AS without_staff, sum(is_patient_unmapped) AS without_patient,
        sum(is_organisation_unmapped) AS without_organisation, sum(is_numbered) AS numbered,
        minIf(toNullable(number), is_numbered) AS lowest_number, maxIf(toNullable(number), is_numbered) AS highest_number,
        minIf(toNullable(prefix), is_numbered) AS lowest_prefix, maxIf(toNullable(prefix), is_numbered) AS highest_prefix,
        max(occurred_at) AS last_occurred_at
    FROM looked_at
    GROUP BY source, loaded_hour, occurred_hour, late_s
),
-- Once for the hour of loading, and once for the hour in which they occurred.
stored_by_hour AS (
    SELECT source, at.1 AS hour,
        sumIf(n, at.2) AS stored,
        sumMapIf(map(late_s, n), at.2) AS lateness,
        minIf(toNullable(a.least_late_ms), at.2) AS least_late_ms,
        sumIf(ahead, at.2) AS ahead_events,
        sumIf(backfilled, at.2) AS backfilled_events,
        sumIf(without_staff, at.2) AS unmapped_staff,
        sumIf(without_patient, at.2) AS unmapped_patients,
        sumIf(without_organisation, at.2) AS unmapped_organisations,
        sumIf(numbered, at.2) AS numbered_events,
        minIf(a.lowest_number, at.2) AS lowest_number, maxIf(a.highest_number, at.2) AS highest_number,
        minIf(a.lowest_prefix, at.2) AS lowest_prefix, maxIf(a.highest_prefix, at.2) AS highest_prefix,
        maxIf(toNullable(a.last_occurred_at), at.2) AS last_occurred_at,
        sumIf(n, NOT at.2) AS occurred_events
    FROM alike AS a
    ARRAY JOIN [(loaded_hour, true), (occurred_hour, false)] AS at
    GROUP BY source, hour
),
reference_by_hour AS (
    SELECT toString(l.dataset) AS dataset, toString(l.source) AS source, toStartOfHour(l.loaded_at) AS hour,
        sum(l.changed) + sum(l.ended) AS changed, sum(l.unchanged) AS unchanged
    FROM reference_loads AS l
    WHERE l.load_seq > {from_load_seq:UInt64} AND l.load_seq <= {to_load_seq:UInt64}
    GROUP BY dataset, source, hour
),
keys AS (
    SELECT dataset, source, hour FROM deliveries_by_hour
    UNION DISTINCT SELECT dataset, source, hour FROM refused
    UNION DISTINCT SELECT 'access_events' AS dataset, source, hour FROM stored_by_hour
    UNION DISTINCT SELECT '' AS dataset, '' AS source, toDateTime(0, 'UTC') AS hour
)
SELECT k.dataset, k.source, k.hour, {to_load_seq:UInt64} AS load_seq, d.deliveries,
    if(d.deliveries > 0, toNullable(d.first_heard_at), NULL) AS first_heard_at,
    if(d.deliveries > 0, toNullable(d.last_heard_at), NULL) AS last_heard_at,
    d.longest_gap_ms, s.stored + r.changed AS stored, d.duplicates + r.unchanged AS duplicates, d.conflicts, j.rejects,
    j.rejects_by_code, s.lateness, s.least_late_ms, s.ahead_events, s.backfilled_events, s.unmapped_staff,
    s.unmapped_patients, s.unmapped_organisations, s.numbered_events, s.lowest_number, s.highest_number,
    s.lowest_prefix, s.highest_prefix, s.last_occurred_at, s.occurred_events
FROM keys AS k
LEFT JOIN deliveries_by_hour AS d ON d.dataset = k.dataset AND d.source = k.source AND d.hour = k.hour
LEFT JOIN refused AS j ON j.dataset = k.dataset AND j.source = k.source AND j.hour = k.hour
LEFT JOIN (SELECT *, 'access_events' AS dataset FROM stored_by_hour) AS s
    ON s.dataset = k.dataset AND s.source = k.source AND s.hour = k.hour
LEFT JOIN reference_by_hour AS r ON r.dataset = k.dataset AND r.source = k.source AND r.hour = k.hour
ORDER BY k.dataset, k.source, k.hour
