/* @detector
id: out_of_area
version: 3
title: A patient from outside the organisation's catchment
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 90
params: { flow_share_max: 0.001, explained_min: 100, flow_min: 3, inferred_weight: 0.5, lookback_days: 90 }
needs: [patients, organisations, care_relationships]
silenced_by: organisation
reason: "{staff} opened the record of a patient from {patient_area}. Nothing explains it, and of the {explained} patients, counted by day, whose care at {organisation} is on record in the {lookback_days} days before, {from_area} came from there."
@detector */
WITH
-- Accesses by a person's own hand that nothing of organisation strength explains: one row per access.
unexplained AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, strength = 'inferred' AS is_inferred
    FROM access_links
    WHERE day IN {days:Array(Date)} AND NOT strength >= 'organisation'
),
-- Where organisations are, with the day from which each no longer counts.
places AS (
    SELECT organisation_code, toString(area_code) AS area_code, name,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM organisations
),
-- The area of the practice where the patient was registered on the day, by the care relationships.
registered AS (
    SELECT u.patient_id AS patient_id, u.day AS day, max(o.area_code) AS area_code
    FROM (SELECT DISTINCT patient_id, day FROM unexplained) AS u
    INNER JOIN (
        SELECT patient_id, organisation_code, toDate32(starts_at, 'Europe/London') AS from_day,
            if(isNull(ends_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ends_at), 'Europe/London')) AS last_day
        FROM care_relationships
        WHERE kind = 'registration' AND isNull(ended_at) AND patient_id IN (SELECT patient_id FROM unexplained)
    ) AS c ON c.patient_id = u.patient_id
    INNER JOIN places AS o ON o.organisation_code = c.organisation_code
    WHERE u.day >= c.from_day AND u.day <= c.last_day
    GROUP BY u.patient_id, u.day
),
-- Those whose patient is from another area than the organisation. Where either area is unknown, nobody is accused.
strangers AS (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id,
        u.organisation_code AS organisation_code, u.patient_id AS patient_id, u.is_inferred AS is_inferred, o.name AS organisation,
        multiIf(p.area_code != '', p.area_code, practice.area_code != '', practice.area_code, g.area_code) AS patient_area_code
    FROM unexplained AS u
    INNER JOIN places AS o ON o.organisation_code = u.organisation_code
    INNER JOIN (
        SELECT patient_id, toString(area_code) AS area_code, gp_practice_code,
            if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until
        FROM patients
        WHERE patient_id IN (SELECT patient_id FROM unexplained)
    ) AS p ON p.patient_id = u.patient_id
    LEFT JOIN places AS practice ON practice.organisation_code = p.gp_practice_code
    LEFT JOIN registered AS g ON g.patient_id = u.patient_id AND g.day = u.day
    WHERE o.area_code != '' AND patient_area_code != '' AND patient_area_code != o.area_code
        AND u.day < o.known_until AND u.day < p.known_until
),
-- What each organisation's catchment has been, over whole days before the judged one: one row per day and organisation.
learned AS (
    SELECT d.day AS day, f.organisation_code AS organisation_code, sum(f.explained_patients) AS explained,
        sumMap(map(toString(f.area_code), toUInt64(f.explained_patients))) AS by_area
    FROM (SELECT arrayJoin({days:Array(Date)}) AS day) AS d
    CROSS JOIN (
        SELECT day, organisation_code, area_code, explained_patients FROM area_flows
        WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
            AND day < arrayMax({days:Array(Date)}) AND explained_patients > 0
    ) AS f
    WHERE f.day < d.day AND f.day >= subtractDays(d.day, {lookback_days:UInt32})
    GROUP BY d.day, f.organisation_code
),
-- One row per access whose area hardly ever occurs among what the organisation could explain. One or two visitors are
-- no flow, however few the organisation has seen in all.
fired AS MATERIALIZED (
    SELECT s.*, l.explained AS explained, l.by_area[s.patient_area_code] AS from_area
    FROM strangers AS s
    INNER JOIN learned AS l ON l.day = s.day AND l.organisation_code = s.organisation_code
    WHERE explained >= {explained_min:UInt32}
        AND (from_area < {flow_share_max:Float64} * explained OR from_area < {flow_min:UInt32})
),
-- The events of those accesses, and the role in which they are recorded.
found AS (
    SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        f.patient_id AS patient_id, f.day AS day, any(a.role_name) AS role, any(f.organisation) AS organisation,
        any(f.patient_area_code) AS patient_area_code, any(f.explained) AS explained, any(f.from_area) AS from_area,
        any(f.is_inferred) AS is_inferred,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
    INNER JOIN (
        SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name FROM accesses
        WHERE day IN {days:Array(Date)} AND patient_id IN (SELECT patient_id FROM fired)
    ) AS a ON a.day = f.day AND a.staff_id_system = f.staff_id_system AND a.staff_id = f.staff_id
        AND a.organisation_code = f.organisation_code AND a.patient_id = f.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The nearer the share can be to the threshold, given how much was learned, the lower; an inferred link weighs too.
    round(if(is_inferred = 1, {inferred_weight:Float64}, 1)
        * {flow_share_max:Float64} / ({flow_share_max:Float64} + (from_area + 1) / (explained + 1)), 4) AS score,
    map('role', toString(role), 'patient_area', if(areas.name = '', patient_area_code, areas.name),
        'organisation', if(organisation = '', toString(f.organisation_code), organisation),
        'explained', toString(explained), 'from_area', toString(from_area),
        'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN areas ON areas.area_code = f.patient_area_code
