/* @detector
id: household
version: 3
title: Someone at the same address
status: active
severity: high
mode: live
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 0
params: { occupants_max: 8, occupant_weight: 0.05, source_weight: 0.9, single_weight: 0.8 }
needs: [staff, patients]
silenced_by: none
reason: "{staff} opened the record of someone registered at their own address, which {occupants} people share. The address is known from {address_from}."
@detector */
WITH
-- What a person did by their own hand on the days: one row per event.
acts AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, occurred_at, source, event_id, role_name
    FROM committed_events
    WHERE day IN {days:Array(Date)} AND trigger != 'system' AND outcome IN ('success', 'unknown') AND patient_id != ''
),
-- Who opened what: one row per identifier and patient.
opened AS MATERIALIZED (SELECT DISTINCT staff_id_system, staff_id, patient_id FROM acts),
-- Where staff live by their own patient record, which is often newer than what the employer has. One row per patient.
own_records AS (
    SELECT patient_id, address_key
    FROM patients
    WHERE isNull(ended_at) AND address_key != ''
        AND patient_id IN (SELECT nhs_number FROM staff WHERE nhs_number != '')
),
-- The person behind each identifier that was used, with all that is known under any of the person's identifiers:
-- one row per identifier.
persons AS MATERIALIZED (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id,
        groupUniqArrayIf(s.nhs_number, s.nhs_number != '') AS numbers,
        groupUniqArray((upperUTF8(trimBoth(s.surname)), s.date_of_birth, s.address_key)) AS descriptions,
        groupUniqArrayArray(arrayMap(home -> (
            home.1, home.2, greatest(p.known_from, q.known_from),
            least(p.known_until, q.known_until,
                if(isNull(s.ended_at), p.known_until, toDate(assumeNotNull(s.ended_at), 'Europe/London')))
        ), [(s.address_key, 'the employer'), (o.address_key, 'their own patient record')])) AS homes
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    INNER JOIN staff AS s ON s.staff_id_system = q.staff_id_system AND s.staff_id = q.staff_id
    LEFT JOIN own_records AS o ON o.patient_id = s.nhs_number
    WHERE p.kind = 'person' AND q.kind = 'person'
        AND (p.staff_id_system, p.staff_id) IN (SELECT staff_id_system, staff_id FROM opened)
    GROUP BY p.staff_id_system, p.staff_id
),
-- The patients whose records were opened and who live at the address of one of these: one row each.
viewed AS MATERIALIZED (
    SELECT patient_id, address_key, upperUTF8(trimBoth(surname)) AS surname, date_of_birth,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM patients
    WHERE address_key IN (SELECT arrayJoin(homes).1 FROM persons) AND address_key != ''
        AND patient_id IN (SELECT patient_id FROM opened)
),
-- Names, births and addresses that several patients have: these do not tell who is the person.
twins AS (
    SELECT upperUTF8(trimBoth(t.surname)) AS surname, t.date_of_birth AS date_of_birth, t.address_key AS address_key
    FROM patients AS t
    WHERE t.address_key IN (SELECT address_key FROM viewed)
    GROUP BY surname, date_of_birth, address_key
    HAVING count() > 1
),
-- Accesses to someone at the person's own address who is not the person: one row per access. The NHS number tells
-- who is the person; for want of one, name, birth and address together.
shared AS MATERIALIZED (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.patient_id AS patient_id, e.day AS day, any(r.address_key) AS address_key, any(p.numbers) AS numbers,
        arrayStringConcat(arraySort(arrayDistinct(arrayMap(home -> home.2, any(proofs)))), ' and ') AS address_from,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events,
        argMax(e.role_name, (e.occurred_at, e.source, e.event_id)) AS role
    FROM acts AS e
    INNER JOIN viewed AS r ON r.patient_id = e.patient_id
    INNER JOIN persons AS p ON p.staff_id_system = e.staff_id_system AND p.staff_id = e.staff_id
    WHERE notEmpty(arrayFilter(home -> home.1 = r.address_key AND e.day >= home.3 AND e.day < home.4, p.homes) AS proofs)
        AND e.day < r.known_until AND e.patient_id IN (SELECT patient_id FROM viewed)
        AND NOT has(p.numbers, e.patient_id)
        AND NOT (empty(p.numbers) AND r.surname != '' AND isNotNull(r.date_of_birth)
            AND has(p.descriptions, (r.surname, r.date_of_birth, r.address_key))
            AND (r.surname, r.date_of_birth, r.address_key) NOT IN (SELECT surname, date_of_birth, address_key FROM twins))
    GROUP BY e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id, e.day
),
-- One row per address: the day from which each occupant no longer counts (ended, or the day after they died), and
-- whether it is to be kept from anybody, which one protected occupant is enough for.
addresses AS (
    SELECT address_key, max(has(flags, 'protected_address')) AS is_protected,
        groupArray(least(
            if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')),
            if(isNull(died_on), toDate('2149-06-06'), toDate(addDays(assumeNotNull(died_on), 1)))
        )) AS lives_until
    FROM patients
    WHERE address_key IN (SELECT address_key FROM shared)
    GROUP BY address_key
),
-- Staff who are themselves patients with a protected address are left out altogether.
protected_patients AS (
    SELECT patient_id FROM patients
    WHERE has(flags, 'protected_address') AND patient_id IN (SELECT arrayJoin(numbers) FROM shared)
)
SELECT s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, s.organisation_code AS organisation_code,
    s.patient_id AS patient_id, s.day AS day, s.events[1].1 AS first_at, s.events[-1].1 AS last_at,
    -- Two at an address live together, eight may be lodgers; two sources of the address agree; several events are no slip.
    round(1 / (1 + {occupant_weight:Float64} * arrayCount(until -> until > s.day, a.lives_until))
        * if(s.address_from LIKE '% and %', 1, {source_weight:Float64})
        * (1 - (1 - {single_weight:Float64}) / length(s.events)), 4) AS score,
    map('role', toString(s.role), 'address_from', s.address_from,
        'occupants', toString(arrayCount(until -> until > s.day, a.lives_until))) AS facts,
    arrayMap(event -> event.3, s.events) AS event_ids,
    arrayMap(event -> toString(event.2), s.events) AS sources
FROM shared AS s
INNER JOIN addresses AS a ON a.address_key = s.address_key
WHERE a.is_protected = 0
    AND NOT arrayExists(number -> number IN (SELECT patient_id FROM protected_patients), s.numbers)
    AND arrayCount(until -> until > s.day, a.lives_until) <= {occupants_max:UInt32}
