/* @detector
id: leaver
version: 2
title: Use before the first or after the last day of service
status: active
severity: high
mode: live
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 14
params: { lag_days_max: 1, lag_weight: 3, starter_weight: 0.7, usual_weight: 0.8, lookback_days: 14 }
needs: [staff]
silenced_by: none
reason: "{staff} used the record in the name of {organisation} {days_off} {side}: {patients} in {events}. It was used on {used} of the {window} days up to then. {elsewhere}"
@detector */
WITH
-- What a person did by their own hand on the days: one row per event.
acts AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, occurred_at, source, event_id, role_name
    FROM committed_events
    WHERE day IN {days:Array(Date)} AND trigger != 'system' AND outcome IN ('success', 'unknown')
),
-- Staff of whom the employer states a day that was passed, or is yet to come, on any of the days.
dated AS (
    SELECT staff_id_system, staff_id
    FROM staff
    WHERE ends_on < arrayMax({days:Array(Date)}) OR starts_on > arrayMin({days:Array(Date)})
),
-- All of a person's times of service, whichever identifier they are filed under: one row per identifier that was used.
-- A row that the directory no longer has counts as before: leavers drop out of it, and so does all of a broken load.
services AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, min(p.known_from) AS known_from,
        max(p.known_until) AS known_until, groupUniqArray((toString(s.organisation_code),
            ifNull(s.starts_on, toDate32('1900-01-01')), ifNull(s.ends_on, toDate32('2149-06-06')))) AS times
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    INNER JOIN staff AS s ON s.staff_id_system = q.staff_id_system AND s.staff_id = q.staff_id
    WHERE p.kind = 'person' AND q.kind = 'person'
        AND (p.staff_id_system, p.staff_id) IN (SELECT staff_id_system, staff_id FROM acts)
        AND p.person_key IN (
            SELECT person_key FROM staff_people WHERE (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM dated))
    GROUP BY p.staff_id_system, p.staff_id
),
-- Days of use in the name of an organisation in which none of the person's times of service holds: one row per identifier,
-- organisation and day, with the days since the last of them ended, or until the first begins.
found AS (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.day AS day, arrayFilter(time -> time.1 = e.organisation_code, any(t.times)) AS here,
        arrayMap(time -> toInt32(e.day) - toInt32(time.3), arrayFilter(time -> time.3 < e.day, here)) AS past,
        arrayMap(time -> toInt32(time.2) - toInt32(e.day), arrayFilter(time -> time.2 > e.day, here)) AS ahead,
        arrayMin(arrayConcat(past, ahead)) AS days_off,
        arrayExists(time -> time.1 != e.organisation_code AND time.2 <= e.day AND time.3 >= e.day, any(t.times)) AS is_elsewhere,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events,
        uniqExactIf(e.patient_id, e.patient_id != '') AS patients,
        argMax(e.role_name, (e.occurred_at, e.source, e.event_id)) AS role
    FROM acts AS e
    INNER JOIN services AS t ON t.staff_id_system = e.staff_id_system AND t.staff_id = e.staff_id
    WHERE e.day >= t.known_from AND e.day < t.known_until
    GROUP BY e.staff_id_system, e.staff_id, e.organisation_code, e.day
    HAVING notEmpty(here) AND NOT arrayExists(time -> time.2 <= e.day AND time.3 >= e.day, here)
        AND days_off > {lag_days_max:UInt32}
),
-- On which days of the look-back they used it there at all: one row per identifier and organisation.
used AS (
    SELECT staff_id_system, staff_id, organisation_code, groupUniqArray(day) AS days
    FROM committed_events
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND trigger != 'system' AND outcome IN ('success', 'unknown')
        AND (organisation_code, staff_id) IN (SELECT organisation_code, staff_id FROM found)
    GROUP BY staff_id_system, staff_id, organisation_code
),
-- Whoever uses it day after day goes on working, or has begun to, and the directory is late: on how many of the days since
-- the last day of service, or of the look-back, there was any use before that of the day itself.
judged AS (
    SELECT f.*, has(f.past, f.days_off) AS is_past,
        if(is_past, least(f.days_off, toInt32({lookback_days:UInt32})), toInt32({lookback_days:UInt32})) AS elapsed,
        arrayCount(d -> d < f.day AND d > subtractDays(f.day, elapsed), u.days) AS days_before
    FROM found AS f
    INNER JOIN used AS u ON u.staff_id_system = f.staff_id_system AND u.staff_id = f.staff_id AND u.organisation_code = f.organisation_code
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    '' AS patient_id, f.day AS day, f.events[1].1 AS first_at, f.events[-1].1 AS last_at,
    -- Days are the lag of paperwork, months are not. Who is about to start is mostly being set up.
    round(f.days_off / (f.days_off + {lag_weight:Float64}) * if(f.is_past, 1, {starter_weight:Float64})
        * (1 - {usual_weight:Float64} * f.days_before / f.elapsed), 4) AS score,
    map('role', toString(f.role), 'organisation', if(g.name = '', toString(f.organisation_code), g.name),
        'days_off', concat(toString(f.days_off), if(f.days_off = 1, ' day', ' days')),
        'side', if(f.is_past, 'after their last day of service there', 'before their first day of service there'),
        'patients', concat(toString(f.patients), if(f.patients = 1, ' patient', ' patients')),
        'events', concat(toString(length(f.events)), if(length(f.events) = 1, ' event', ' events')),
        'window', toString(f.elapsed), 'used', toString(f.days_before + 1),
        'elsewhere', if(f.is_elsewhere, 'They serve another organisation now.', 'No other service of theirs is known.')) AS facts,
    arrayMap(event -> event.3, f.events) AS event_ids,
    arrayMap(event -> toString(event.2), f.events) AS sources
FROM judged AS f
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
