/* @detector
id: own_record
version: 3
title: A member of staff in their own record
status: active
severity: medium
mode: live
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 0
params: { described_weight: 0.9, named_weight: 0.7, single_weight: 0.8 }
needs: [staff]
silenced_by: none
reason: "{staff} opened a record that is their own, by {matched_by}: {views} in all."
@detector */
WITH
-- What is known of each person, whichever of their identifiers it is filed under: one row per person and staff row.
records AS MATERIALIZED (
    SELECT p.person_key AS person_key, s.nhs_number AS nhs_number,
        upperUTF8(trimBoth(s.surname)) AS surname, s.date_of_birth AS date_of_birth, s.address_key AS address_key,
        replaceAll(upperUTF8(s.postcode), ' ', '') AS postcode,
        p.known_from AS known_from,
        least(p.known_until, if(isNull(s.ended_at), p.known_until, toDate(assumeNotNull(s.ended_at), 'Europe/London'))) AS known_until
    FROM staff AS s
    INNER JOIN staff_people AS p ON p.staff_id_system = s.staff_id_system AND p.staff_id = s.staff_id
    WHERE p.kind = 'person'
),
-- Persons without an NHS number: for the others the number decides, so that a twin is not taken for them. With all
-- postcodes and whether any address is known of them: one row per person and staff row.
unnumbered AS MATERIALIZED (
    SELECT person_key, surname, date_of_birth, address_key, known_from, known_until,
        groupUniqArrayIf(postcode, postcode != '') OVER (PARTITION BY person_key) AS postcodes,
        max(address_key != '') OVER (PARTITION BY person_key) AS has_address
    FROM records
    WHERE surname != '' AND isNotNull(date_of_birth)
        AND person_key NOT IN (SELECT person_key FROM records WHERE nhs_number != '')
),
-- Patients by what they are called and where they live, where that is one patient alone: of twins it proves nothing.
described AS (
    SELECT upperUTF8(trimBoth(r.surname)) AS surname, r.date_of_birth AS date_of_birth, r.address_key AS address_key,
        any(r.patient_id) AS patient_id, any(r.ended_at) AS ended_at, any(r.flags) AS flags
    FROM patients AS r
    WHERE r.address_key IN (SELECT address_key FROM unnumbered WHERE address_key != '')
    GROUP BY surname, date_of_birth, address_key
    HAVING count() = 1
),
-- Whose records such a person opened: one row per person and patient.
opened AS MATERIALIZED (
    SELECT DISTINCT p.person_key AS person_key, e.patient_id AS patient_id
    FROM committed_events AS e
    INNER JOIN staff_people AS p ON p.staff_id_system = e.staff_id_system AND p.staff_id = e.staff_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND e.patient_id != '' AND p.kind = 'person' AND p.person_key IN (SELECT person_key FROM unnumbered)
),
-- Those of the person's name and birth, where either has no address that could tell: one row per person and patient. Of
-- all the records that somebody opens, hardly one is by chance of somebody of their own name, born on their own day.
namesakes AS (
    SELECT u.person_key AS person_key, r.patient_id AS patient_id, u.known_from AS known_from, u.known_until AS known_until,
        r.ended_at AS ended_at, has(u.postcodes, replaceAll(upperUTF8(r.postcode), ' ', '')) AS is_near
    FROM opened AS o
    INNER JOIN (
        SELECT patient_id, upperUTF8(trimBoth(surname)) AS surname, date_of_birth, address_key, postcode, ended_at, flags
        FROM patients
        WHERE patient_id IN (SELECT patient_id FROM opened)
    ) AS r ON r.patient_id = o.patient_id
    INNER JOIN unnumbered AS u ON u.person_key = o.person_key AND u.surname = r.surname AND u.date_of_birth = r.date_of_birth
    WHERE NOT (u.has_address AND r.address_key != '') AND NOT has(r.flags, 'protected_address')
        AND (is_near OR empty(u.postcodes) OR r.postcode = '')
),
-- Whose record is whose, and how well that is proved: one row per person, patient and proof. An address that is
-- protected proves nothing here.
selves AS (
    SELECT person_key, nhs_number AS patient_id, (0, 'NHS number') AS proof, known_from, known_until
    FROM records
    WHERE nhs_number != ''
    UNION ALL
    SELECT u.person_key AS person_key, r.patient_id AS patient_id, (1, 'surname, date of birth and address') AS proof,
        u.known_from AS known_from,
        least(u.known_until, if(isNull(r.ended_at), u.known_until, toDate(assumeNotNull(r.ended_at), 'Europe/London'))) AS known_until
    FROM described AS r
    INNER JOIN unnumbered AS u ON u.address_key = r.address_key AND u.date_of_birth = r.date_of_birth
        AND u.surname = r.surname
    WHERE NOT has(r.flags, 'protected_address')
    UNION ALL
    SELECT person_key, patient_id,
        if(is_near, (1, 'surname, date of birth and postcode'), (1 + 1, 'surname and date of birth')) AS proof, known_from,
        least(known_until, if(isNull(ended_at), known_until, toDate(assumeNotNull(ended_at), 'Europe/London'))) AS known_until
    FROM namesakes
),
-- The same for each identifier that the person uses.
own AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, s.patient_id AS patient_id,
        s.proof AS proof, greatest(p.known_from, s.known_from) AS known_from,
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
        min(o.proof) AS best_proof, best_proof.2 AS matched_by
    FROM committed_events AS e
    INNER JOIN own AS o ON o.staff_id_system = e.staff_id_system AND o.staff_id = e.staff_id
        AND o.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND e.patient_id != '' AND e.day >= o.known_from AND e.day < o.known_until
    GROUP BY e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id, e.day
)
SELECT staff_id_system, staff_id, organisation_code, patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The number proves more than a description, and that more than a name; one single event may be a slip, several are a
    -- reading.
    round(multiIf(best_proof.1 = 0, 1, best_proof.1 = 1, {described_weight:Float64}, {named_weight:Float64}) * (1 - (1 - {single_weight:Float64}) / length(events)), 4) AS score,
    map('role', toString(role), 'matched_by', matched_by,
        'views', concat(toString(length(events)), if(length(events) = 1, ' event', ' events'))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found
