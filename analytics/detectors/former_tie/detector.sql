/* @detector
id: former_tie
version: 2
title: Someone with whom a tie has ended
status: active
severity: high
mode: live
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 0
params: { ended_days_max: 1826, occupants_max: 8, ended_weight: 0.3, declared_weight: 0.6, single_weight: 0.8 }
needs: [staff, patients]
silenced_by: none
reason: "{staff} opened the record of someone {tie} until {ended_on}, {when}. {events} that day. {declared}"
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
-- Each identifier that was used beside all identifiers of the person, and the person's NHS numbers: a row for each.
people AS MATERIALIZED (
    SELECT DISTINCT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, q.staff_id_system AS other_system,
        q.staff_id AS other_id, s.nhs_number AS own_number, upperUTF8(trimBoth(s.surname)) AS surname, s.date_of_birth AS date_of_birth
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    LEFT JOIN staff AS s ON s.staff_id_system = q.staff_id_system AND s.staff_id = q.staff_id
    WHERE p.kind = 'person' AND q.kind = 'person'
        AND (p.staff_id_system, p.staff_id) IN (SELECT staff_id_system, staff_id FROM opened)
),
-- Addresses at which such a person was ever registered, and somebody whose record was opened: one row each.
common AS MATERIALIZED (
    SELECT DISTINCT address_key FROM address_history
    WHERE holder = 'patient' AND address_key != '' AND patient_id IN (SELECT patient_id FROM opened) AND address_key IN (
        SELECT address_key FROM address_history
        WHERE (holder = 'staff' AND patient_id = '' AND (staff_id_system, staff_id) IN (SELECT other_system, other_id FROM people))
            OR (holder = 'patient' AND patient_id IN (SELECT own_number FROM people WHERE own_number != '')))
),
-- Everybody who was ever registered there, and when: one row per patient, address and time.
residents AS MATERIALIZED (
    SELECT patient_id, address_key, known_from, known_until FROM former_addresses
    WHERE holder = 'patient' AND patient_id IN (
        SELECT patient_id FROM address_history WHERE holder = 'patient' AND address_key IN (SELECT address_key FROM common))
),
-- When the person lived there, by the employer and by their own record: one row per identifier, address and time.
homes AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, h.address_key AS address_key, h.known_from AS known_from, h.known_until AS known_until
    FROM former_addresses AS h
    INNER JOIN people AS p ON p.other_system = h.staff_id_system AND p.other_id = h.staff_id
    WHERE h.holder = 'staff' AND h.patient_id = '' AND (h.staff_id_system, h.staff_id) IN (SELECT other_system, other_id FROM people)
    UNION ALL
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, r.address_key AS address_key, r.known_from AS known_from, r.known_until AS known_until
    FROM residents AS r
    INNER JOIN people AS p ON p.own_number = r.patient_id
),
-- Times in which both lived at one address, where it is not to be kept from anybody: a row for each.
shared AS MATERIALIZED (
    SELECT a.staff_id_system AS staff_id_system, a.staff_id AS staff_id, b.patient_id AS patient_id, a.address_key AS address_key,
        greatest(a.known_from, b.known_from) AS known_from, least(a.known_until, b.known_until) AS known_until
    FROM homes AS a INNER JOIN residents AS b ON b.address_key = a.address_key
    WHERE b.patient_id IN (SELECT patient_id FROM opened) AND greatest(a.known_from, b.known_from) < least(a.known_until, b.known_until)
        AND a.address_key NOT IN (SELECT address_key FROM patients WHERE has(flags, 'protected_address'))
),
-- How many lived there when it ended: more than a household is a hall. One row per address and end.
crowds AS (
    SELECT s.address_key AS address_key, s.known_until AS known_until, uniqExact(h.patient_id) AS occupants FROM residents AS h
    INNER JOIN (SELECT DISTINCT address_key, known_until FROM shared) AS s ON s.address_key = h.address_key
    WHERE h.known_from < s.known_until AND h.known_until >= s.known_until
    GROUP BY s.address_key, s.known_until
),
-- Ties and when each ended, by either way: one row per identifier, patient and time.
ties AS (
    SELECT s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, s.patient_id AS patient_id,
        s.known_from AS known_from, s.known_until AS known_until, concat('registered at their own address, with ', toString(c.occupants), ' in all,') AS tie
    FROM shared AS s INNER JOIN crowds AS c ON c.address_key = s.address_key AND c.known_until = s.known_until
    WHERE c.occupants <= {occupants_max:UInt32}
    UNION ALL
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, c.contact_patient_id AS patient_id,
        c.known_from AS known_from, c.known_until AS known_until,
        concat('named in their own record as a contact', if(c.relation = '', '', concat(' (', lower(c.relation), ')'))) AS tie
    FROM former_contacts AS c INNER JOIN people AS p ON p.own_number = c.patient_id
    WHERE c.patient_id IN (SELECT own_number FROM people WHERE own_number != '') AND c.contact_patient_id IN (SELECT patient_id FROM opened)
    UNION ALL
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, c.patient_id AS patient_id,
        c.known_from AS known_from, c.known_until AS known_until, concat('who named them as a contact', if(c.relation = '', '', concat(' (', lower(c.relation), ')'))) AS tie
    FROM former_contacts AS c INNER JOIN people AS p ON p.own_number = c.contact_patient_id
    WHERE p.own_number != '' AND c.patient_id IN (SELECT patient_id FROM contact_history
        WHERE patient_id IN (SELECT patient_id FROM opened) AND contact_patient_id IN (SELECT own_number FROM people))
),
-- The person's own record, by NHS number, else by name and birth: one row per identifier and patient.
own AS (
    SELECT staff_id_system, staff_id, own_number AS patient_id FROM people WHERE own_number != '' UNION ALL
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, r.patient_id AS patient_id
    FROM patients AS r
    INNER JOIN people AS p ON p.surname = upperUTF8(trimBoth(r.surname)) AND p.date_of_birth = r.date_of_birth
    WHERE p.own_number = '' AND p.surname != '' AND r.patient_id IN (SELECT patient_id FROM residents)
),
-- Ties of which the person told beforehand: one row per identifier that was used and patient.
declared AS (
    SELECT DISTINCT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, d.patient_id AS patient_id, 1 AS is_declared
    FROM declared_ties AS d
    INNER JOIN people AS p ON p.other_system = d.staff_id_system AND p.other_id = d.staff_id
    WHERE isNull(d.ended_at)
),
-- Accesses after such a tie had begun, where none holds any more: one row per access, with the tie that ended last. Of one
-- that held on the day and has ended since, `household` and `next_of_kin` no longer know.
found AS (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.patient_id AS patient_id, e.day AS day, maxIf((t.known_until, t.tie), t.known_from <= e.day) AS last,
        dateDiff('day', last.1, e.day) AS days_since, max(d.is_declared) AS is_declared,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events,
        argMax(e.role_name, (e.occurred_at, e.source, e.event_id)) AS role
    FROM acts AS e
    INNER JOIN ties AS t ON t.staff_id_system = e.staff_id_system AND t.staff_id = e.staff_id AND t.patient_id = e.patient_id
    LEFT JOIN declared AS d ON d.staff_id_system = e.staff_id_system AND d.staff_id = e.staff_id AND d.patient_id = e.patient_id
    WHERE (e.staff_id_system, e.staff_id, e.patient_id) NOT IN (SELECT staff_id_system, staff_id, patient_id FROM own)
    GROUP BY e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id, e.day
    HAVING last.2 != '' AND max(t.known_until) < toDate('2149-06-06') AND days_since < {ended_days_max:Int32}
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, f.events[1].1 AS first_at, f.events[-1].1 AS last_at,
    -- The longer ago the lower; what was not told more than what was; several events more than one, which may be a slip.
    round((1 - {ended_weight:Float64} * greatest(0, f.days_since) / {ended_days_max:Int32}) * if(f.is_declared = 1, {declared_weight:Float64}, 1)
        * (1 - (1 - {single_weight:Float64}) / length(f.events)), 4) AS score,
    map('role', toString(f.role), 'tie', f.last.2, 'ended_on', toString(f.last.1), 'when', concat(toString(abs(f.days_since)),
            if(abs(f.days_since) = 1, ' day', ' days'), if(f.days_since >= 0, ' before', ' later')),
        'events', concat(toString(length(f.events)), if(length(f.events) = 1, ' event', ' events')),
        'declared', if(f.is_declared = 1, 'They had declared a tie to the patient.', 'They had declared no tie to the patient.')) AS facts,
    arrayMap(event -> event.3, f.events) AS event_ids, arrayMap(event -> toString(event.2), f.events) AS sources
FROM found AS f
