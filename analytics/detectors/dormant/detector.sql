/* @detector
id: dormant
version: 1
title: First use after a long silence, without care
status: signal
severity: low
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 365
params: { silence_days_min: 90, coverage_min: 0.5, lookback_days: 365 }
needs: [care_relationships]
silenced_by: organisation
reason: "{staff} used the record for the first time in {silence} days, and for {unlinked} of {opened} that they opened nothing tells of care at {organisation}, whose feeds explain {coverage} of what staff in this role open."
@detector */
WITH
-- Identifiers in use on the days that were not in use shortly before: one row per identifier and judged day. The person's
-- other identifiers are looked at below, where there are few left.
awoken AS MATERIALIZED (
    SELECT staff_id_system, staff_id, arrayJoin(arrayFilter(judged -> has(used, judged)
        AND NOT arrayExists(one -> one < judged AND one > subtractDays(judged, {silence_days_min:UInt32}), used),
        {days:Array(Date)})) AS day
    FROM (
        SELECT staff_id_system, staff_id, groupUniqArray(day) AS used
        FROM staff_days
        WHERE day > subtractDays(arrayMin({days:Array(Date)}), {silence_days_min:UInt32}) AND day <= arrayMax({days:Array(Date)})
        GROUP BY staff_id_system, staff_id
    )
),
-- Their accesses that nothing of an organisation's strength explains, where feeds tell of enough care: one row per access.
opened AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'organisation', back_days = {silence_days_min:UInt32})
    WHERE coverage >= {coverage_min:Float64} AND (day, staff_id_system, staff_id) IN (SELECT day, staff_id_system, staff_id FROM awoken)
),
-- All identifiers of these people: one row per identifier that was used and identifier of the person.
people AS MATERIALIZED (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, q.staff_id_system AS other_system, q.staff_id AS other_id
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    WHERE p.kind = 'person' AND q.kind = 'person'
        AND (p.staff_id_system, p.staff_id) IN (SELECT staff_id_system, staff_id FROM opened)
    UNION DISTINCT
    SELECT staff_id_system, staff_id, staff_id_system AS other_system, staff_id AS other_id
    FROM opened
    WHERE (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind NOT IN ('', 'person'))
),
-- The last day before on which the person used the record anywhere: one row per identifier and judged day. Who never did
-- is new, not dormant.
silences AS (
    SELECT o.day AS day, o.staff_id_system AS staff_id_system, o.staff_id AS staff_id, dateDiff('day', max(s.day), o.day) AS silence
    FROM staff_days AS s
    INNER JOIN people AS p ON p.other_system = s.staff_id_system AND p.other_id = s.staff_id
    INNER JOIN (SELECT DISTINCT day, staff_id_system, staff_id FROM opened) AS o
        ON o.staff_id_system = p.staff_id_system AND o.staff_id = p.staff_id
    WHERE s.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND s.day < arrayMax({days:Array(Date)})
        AND (s.staff_id_system, s.staff_id) IN (SELECT other_system, other_id FROM people)
        AND s.day < o.day AND s.day >= subtractDays(o.day, {lookback_days:UInt32})
    GROUP BY o.day, o.staff_id_system, o.staff_id
    HAVING silence >= {silence_days_min:UInt32}
),
-- All that they opened that day: one row per identifier, organisation and day.
totals AS (
    SELECT day, staff_id_system, staff_id, organisation_code, count() AS patients
    FROM access_links
    WHERE day IN {days:Array(Date)} AND (day, staff_id_system, staff_id) IN (SELECT day, staff_id_system, staff_id FROM opened)
    GROUP BY day, staff_id_system, staff_id, organisation_code
),
-- The events of the unexplained accesses: one row per identifier, organisation and day.
found AS (
    SELECT o.day AS day, o.staff_id_system AS staff_id_system, o.staff_id AS staff_id, o.organisation_code AS organisation_code,
        max(o.role_name) AS role, min(o.coverage) AS coverage, uniqExact(o.patient_id) AS unlinked,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN opened AS o ON o.day = e.day AND o.staff_id_system = e.staff_id_system AND o.staff_id = e.staff_id
        AND o.organisation_code = e.organisation_code AND o.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND e.patient_id IN (SELECT patient_id FROM opened)
    GROUP BY o.day, o.staff_id_system, o.staff_id, o.organisation_code
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    '' AS patient_id, f.day AS day, f.events[1].1 AS first_at, f.events[-1].1 AS last_at,
    -- The longer the silence against the threshold, and the larger the part that nothing explains, the higher.
    round(s.silence / (s.silence + {silence_days_min:UInt32}) * f.unlinked / t.patients * f.coverage, 4) AS score,
    map('role', toString(f.role), 'silence', toString(s.silence), 'unlinked', toString(f.unlinked),
        'opened', concat(toString(t.patients), if(t.patients = 1, ' patient', ' patients')),
        'organisation', if(g.name = '', toString(f.organisation_code), g.name),
        'coverage', concat(toString(round(100 * f.coverage)), ' %')) AS facts,
    arrayMap(event -> event.3, f.events) AS event_ids,
    arrayMap(event -> toString(event.2), f.events) AS sources
FROM found AS f
INNER JOIN silences AS s ON s.day = f.day AND s.staff_id_system = f.staff_id_system AND s.staff_id = f.staff_id
INNER JOIN totals AS t ON t.day = f.day AND t.staff_id_system = f.staff_id_system AND t.staff_id = f.staff_id
    AND t.organisation_code = f.organisation_code
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
