/* @detector
id: household
version: 1
title: Someone at the same address
status: active
severity: high
mode: live
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 0
params: { occupants_max: 8 }
needs: [staff, patients]
silenced_by: none
reason: "{staff} opened the record of someone registered at their own address, which {occupants} people share."
@detector */
WITH
-- What is known of each person, whichever of their identifiers it is filed under: one row per person and staff row.
records AS (
    SELECT p.person_key AS person_key, s.nhs_number AS nhs_number, upperUTF8(trimBoth(s.surname)) AS surname,
        s.date_of_birth AS date_of_birth, s.address_key AS address_key, p.known_from AS known_from,
        least(p.known_until, if(isNull(s.ended_at), p.known_until, toDate(assumeNotNull(s.ended_at), 'Europe/London'))) AS known_until
    FROM staff AS s
    INNER JOIN staff_people AS p ON p.staff_id_system = s.staff_id_system AND p.staff_id = s.staff_id
    WHERE p.kind = 'person'
),
-- One row per person: their NHS numbers, by which the person is never taken for someone else.
persons AS (
    SELECT person_key, groupUniqArrayIf(nhs_number, nhs_number != '') AS numbers,
        groupUniqArray((surname, date_of_birth, address_key)) AS descriptions
    FROM records
    GROUP BY person_key
),
-- Staff who are themselves patients with a protected address are left out altogether.
protected_persons AS (
    SELECT r.person_key AS person_key
    FROM records AS r
    INNER JOIN (SELECT patient_id FROM patients WHERE has(flags, 'protected_address')) AS p ON p.patient_id = r.nhs_number
),
-- The addresses of each identifier's person: one row per identifier and address.
homes AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, r.address_key AS address_key,
        any(n.numbers) AS numbers, any(n.descriptions) AS descriptions,
        min(greatest(p.known_from, r.known_from)) AS known_from, max(least(p.known_until, r.known_until)) AS known_until
    FROM staff_people AS p
    INNER JOIN records AS r ON r.person_key = p.person_key
    INNER JOIN persons AS n ON n.person_key = p.person_key
    WHERE p.kind = 'person' AND r.address_key != ''
        AND p.person_key NOT IN (SELECT person_key FROM protected_persons)
    GROUP BY p.staff_id_system, p.staff_id, r.address_key
),
-- Patients at those addresses, with the day from which they no longer count: ended, or the day after they died.
residents AS (
    SELECT patient_id, address_key, upperUTF8(trimBoth(surname)) AS surname, date_of_birth,
        has(flags, 'protected_address') AS is_protected,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until,
        least(known_until, if(isNull(died_on), toDate('2149-06-06'), toDate(addDays(assumeNotNull(died_on), 1)))) AS lives_until
    FROM patients
    WHERE address_key != '' AND address_key IN (SELECT address_key FROM homes)
),
-- One row per address: until when each occupant counts, and whether any occupant makes it a protected one.
addresses AS (
    SELECT address_key, groupArray(lives_until) AS lives_until, max(is_protected) AS is_protected
    FROM residents
    GROUP BY address_key
),
-- One row per access to someone at the person's own address who is not the person.
found AS (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.patient_id AS patient_id, e.day AS day,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events,
        argMax(e.role_name, (e.occurred_at, e.source, e.event_id)) AS role,
        arrayCount(until -> until > e.day, any(a.lives_until)) AS occupants
    FROM committed_events AS e
    INNER JOIN residents AS r ON r.patient_id = e.patient_id
    INNER JOIN homes AS h ON h.staff_id_system = e.staff_id_system AND h.staff_id = e.staff_id
        AND h.address_key = r.address_key
    INNER JOIN addresses AS a ON a.address_key = r.address_key
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND e.day >= h.known_from AND e.day < h.known_until AND e.day < r.known_until
        AND a.is_protected = 0
        AND NOT has(h.numbers, e.patient_id)
        AND NOT (empty(h.numbers) AND r.surname != '' AND isNotNull(r.date_of_birth)
            AND has(h.descriptions, (r.surname, r.date_of_birth, r.address_key)))
    GROUP BY e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id, e.day
)
SELECT staff_id_system, staff_id, organisation_code, patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    toFloat64(1) AS score,
    map('role', toString(role), 'occupants', toString(occupants)) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found
WHERE occupants <= {occupants_max:UInt32}
