/* @detector
id: random_sample
version: 1
title: An access to look into
status: active
severity: low
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 31
params: { one_in: 10000, a_month_min: 2, salt: "access-audit", lookback_days: 31 }
needs: []
silenced_by: none
reason: "{staff} opened a record at {organisation}: {events}, {sections}. What is on record beside it: {links}."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- Each access with its lot, which depends on nothing but the access: one row per access.
lots AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.patient_id AS patient_id,
        sipHash64({salt:String}, a.day, a.staff_id_system, a.staff_id, a.organisation_code, a.patient_id) AS lot
    FROM access_links AS a
    LEFT JOIN nobodies AS n ON n.staff_id_system = a.staff_id_system AND n.staff_id = a.staff_id
    WHERE a.day IN {days:Array(Date)} AND a.day >= n.until
),
-- The days on which organisations were at work: one row per organisation.
at_work AS (
    SELECT organisation_code, arraySort(groupUniqArray(day)) AS days_at_work
    FROM link_coverage
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
    GROUP BY organisation_code
),
-- How many of a day's accesses are drawn whatever their lot: each organisation has so many days a month drawn for it,
-- and a draw that falls on a day without work waits for the next one with it. One row per judged day and organisation.
drawn_days AS (
    SELECT judged, organisation_code,
        arrayMax(arrayPushBack(arrayFilter(d -> d < judged AND d >= subtractDays(judged, {lookback_days:UInt32}), days_at_work),
            subtractDays(judged, {lookback_days:UInt32}))) AS last_at_work,
        arraySum(back -> arrayCount(draw -> toDayOfMonth(subtractDays(judged, back)) = 1 + sipHash64({salt:String}, organisation_code,
            toStartOfMonth(subtractDays(judged, back)), toString(draw)) % toDayOfMonth(toLastDayOfMonth(subtractDays(judged, back))),
            range(0, {a_month_min:UInt32})), range(0, toUInt32(judged - last_at_work))) AS draws
    FROM at_work
    ARRAY JOIN arrayFilter(d -> has(days_at_work, d), {days:Array(Date)}) AS judged
    WHERE draws > 0
),
-- The accesses whose lot comes up, and as many as are drawn of those with the lowest lots of their day: one row each.
taken AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id
    FROM lots
    WHERE lot % {one_in:UInt64} = 0
    UNION DISTINCT
    SELECT day, pick.2 AS staff_id_system, pick.3 AS staff_id, organisation_code, pick.4 AS patient_id
    FROM (
        SELECT l.day AS day, l.organisation_code AS organisation_code,
            arrayJoin(arraySlice(arraySort(groupArray((l.lot, toString(l.staff_id_system), l.staff_id, l.patient_id))), 1, any(d.draws))) AS pick
        FROM lots AS l
        INNER JOIN drawn_days AS d ON d.judged = l.day AND d.organisation_code = l.organisation_code
        GROUP BY l.day, l.organisation_code
    )
),
-- What is on record of them.
known AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.patient_id AS patient_id, a.role_name AS role, a.sections AS sections,
        a.explanation_ids AS explanation_ids
    FROM access_links AS a
    WHERE a.day IN {days:Array(Date)}
        AND (a.day, a.staff_id_system, a.staff_id, a.organisation_code, a.patient_id)
            IN (SELECT day, staff_id_system, staff_id, organisation_code, patient_id FROM taken)
),
found AS (
    SELECT k.day AS day, k.staff_id_system AS staff_id_system, k.staff_id AS staff_id,
        k.organisation_code AS organisation_code, k.patient_id AS patient_id, any(k.role) AS role,
        any(k.sections) AS sections, any(k.explanation_ids) AS explanation_ids,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN known AS k ON k.day = e.day AND k.staff_id_system = e.staff_id_system AND k.staff_id = e.staff_id
        AND k.organisation_code = e.organisation_code AND k.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY k.day, k.staff_id_system, k.staff_id, k.organisation_code, k.patient_id
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The same for all: a draw that were ranked by its looks would no longer be one.
    toFloat64(1) AS score,
    map('role', toString(role), 'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'events', concat(toString(length(events)), if(length(events) = 1, ' event', ' events')),
        'sections', if(empty(sections), 'sections not recorded', replaceAll(arrayStringConcat(sections, ', '), '_', ' ')),
        'links', if(empty(explanation_ids), 'nothing', replaceAll(arrayStringConcat(explanation_ids, ', '), '_', ' '))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
