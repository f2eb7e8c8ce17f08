/* @detector
id: own_record
version: 2
title: A member of staff in their own record
status: active
severity: medium
mode: live
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 0
params: { described_weight: 0.9, single_weight: 0.8 }
needs: [staff]
silenced_by: none
reason: "{staff} opened a record that is their own, by {matched_by}: {views} in all."
@detector */
WITH
-- What is known of each person, whichever of their identifiers it is filed under: one row per person and staff row.
records AS MATERIALIZED (
    SELECT p.person_key AS person_key, s.nhs_number AS nhs_number,
        upperUTF8(trimBoth(s.surname)) AS surname, s.date_of_birth AS date_of_birth, s.address_key AS address_key,
        p.known_from AS known_from,
        least(p.known_until, if(isNull(s.ended_at), p.known_until, toDate(assumeNotNull(s.ended_at), 'Europe/London'))) AS known_until
    FROM staff AS s
    INNER JOIN staff_people AS p ON p.staff_id_system = s.staff_id_system AND p.staff_id = s.staff_id
    WHERE p.kind = 'person'
),
-- Persons without an NHS number: for the others the number decides, so that a twin is not taken for them.
unnumbered AS MATERIALIZED (
    SELECT person_key, surname, date_of_birth, address_key, known_from, known_until
    FROM records
    WHERE surname != '' AND isNotNull(date_of_birth) AND address_key != ''
        AND person_key NOT IN (SELECT person_key FROM records WHERE nhs_number != '')
),
-- Patients by what they are called and where they live, where that is one patient alone: of twins it proves nothing.
described AS (
    SELECT upperUTF8(trimBoth(r.surname)) AS surname, r.date_of_birth AS date_of_birth, r.address_key AS address_key,
        any(r.patient_id) AS patient_id, any(r.ended_at) AS ended_at, any(r.flags) AS flags
    FROM patients AS r
    WHERE r.address_key IN (SELECT address_key FROM unnumbered)
    GROUP BY surname, date_of_birth, address_key
    HAVING count() = 1
),
-- Whose record is whose: one row per person, patient and proof. An address that is protected proves nothing here.
selves AS (
    SELECT person_key, nhs_number AS patient_id, 'NHS number' AS matched_by, known_from, known_until
    FROM records
    WHERE nhs_number != ''
    UNION ALL
    SELECT u.person_key AS person_key, r.patient_id AS patient_id, 'surname, date of birth and address' AS matched_by,
        u.known_from AS known_from,
        least(u.known_until, if(isNull(r.ended_at), u.known_until, toDate(assumeNotNull(r.ended_at), 'Europe/London'))) AS known_until
    FROM described AS r
    INNER JOIN unnumbered AS u ON u.address_key = r.address_key AND u.date_of_birth = r.date_of_birth
        AND u.surname = r.surname
    WHERE NOT has(r.flags, 'protected_address')
),
-- The same for each identifier that the person uses.
own AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, s.patient_id AS patient_id,
        s.matched_by AS matched_by, greatest(p.known_from, s.known_from) AS known_from,
        least(p.known_until, s.known_until) AS known_until
    FROM staff_people AS p
    INNER JOIN selves AS s ON s.person_key = p.person_key
    WHERE p.kind = 'person'
),
-- What the person did in it: one row per access. Sets of events, since two proofs may hold at once.
found AS (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.patient_id AS patient_id, e.day AS day,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id, e.action))) AS events,
        argMax(e.role_name, (e.occurred_at, e.source, e.event_id)) AS role,
        min(o.matched_by) AS matched_by
    FROM committed_events AS e
    INNER JOIN own AS o ON o.staff_id_system = e.staff_id_system AND o.staff_id = e.staff_id
        AND o.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND e.patient_id != '' AND e.day >= o.known_from AND e.day < o.known_until
    GROUP BY e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id, e.day
)
SELECT staff_id_system, staff_id, organisation_code, patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The number proves more than a description; one single event may be a slip, several are a reading.
    round(if(matched_by = 'NHS number', 1, {described_weight:Float64}) * (1 - (1 - {single_weight:Float64}) / length(events)), 4) AS score,
    map('role', toString(role), 'matched_by', matched_by,
        'views', concat(toString(length(events)), if(length(events) = 1, ' event', ' events'))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found
