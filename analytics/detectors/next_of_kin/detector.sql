/* @detector
id: next_of_kin
version: 1
title: A recorded contact of their own
status: active
severity: high
mode: live
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 0
params: { distant_relations: "friend,neighbour,colleague,carer,landlord,other,unknown", distant_weight: 0.8, declared_weight: 0.6, single_weight: 0.8 }
needs: [staff, patient_contacts]
silenced_by: none
reason: "{staff} opened the record of someone to whom a recorded contact ties them: {tie}. {events} that day. {declared}"
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
-- Each identifier that was used beside all identifiers of the person, with the days on which both are theirs.
people AS MATERIALIZED (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, q.staff_id_system AS other_system,
        q.staff_id AS other_id, greatest(p.known_from, q.known_from) AS known_from,
        least(p.known_until, q.known_until) AS known_until
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    WHERE p.kind = 'person' AND q.kind = 'person'
        AND (p.staff_id_system, p.staff_id) IN (SELECT staff_id_system, staff_id FROM opened)
),
-- The person's own patient record: one row per identifier that was used and NHS number on file under any of them.
numbers AS MATERIALIZED (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, s.nhs_number AS own_number,
        p.known_from AS known_from,
        least(p.known_until, if(isNull(s.ended_at), p.known_until, toDate(assumeNotNull(s.ended_at), 'Europe/London'))) AS known_until
    FROM staff AS s
    INNER JOIN people AS p ON p.other_system = s.staff_id_system AND p.other_id = s.staff_id
    WHERE s.nhs_number != ''
),
-- Recorded contacts between such a person and an opened record: one row per row of the dataset.
contacts AS MATERIALIZED (
    SELECT patient_id, contact_patient_id, lowerUTF8(trimBoth(relation)) AS relation,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM patient_contacts
    WHERE (patient_id IN (SELECT own_number FROM numbers) AND contact_patient_id IN (SELECT patient_id FROM opened))
        OR (patient_id IN (SELECT patient_id FROM opened) AND contact_patient_id IN (SELECT own_number FROM numbers))
),
-- The same, either way: one row per person's number, the other's record, and who names whom.
ties AS (
    SELECT patient_id AS own_number, contact_patient_id AS kin_number, 'their own record names the patient' AS says,
        relation, known_until
    FROM contacts
    UNION ALL
    SELECT contact_patient_id AS own_number, patient_id AS kin_number, 'the patient names them' AS says,
        relation, known_until
    FROM contacts
),
-- Ties of which the person told beforehand: one row per identifier that was used and patient.
declared AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, d.patient_id AS patient_id,
        max(if(isNull(d.ended_at), toDate('2149-06-06'), toDate(assumeNotNull(d.ended_at), 'Europe/London'))) AS known_until
    FROM declared_ties AS d
    INNER JOIN people AS p ON p.other_system = d.staff_id_system AND p.other_id = d.staff_id
    GROUP BY p.staff_id_system, p.staff_id, d.patient_id
),
-- Accesses to a contact: one row per access. Sets of events, since several ties may hold at once.
found AS (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.patient_id AS patient_id, e.day AS day,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events,
        argMax(e.role_name, (e.occurred_at, e.source, e.event_id)) AS role,
        arrayStringConcat(arraySort(groupUniqArray(
            if(t.relation = '', t.says, concat(t.says, ' (', t.relation, ')')))), ' and ') AS tie,
        min(has(splitByChar(',', {distant_relations:String}), t.relation)) AS is_distant
    FROM acts AS e
    INNER JOIN numbers AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    INNER JOIN ties AS t ON t.own_number = n.own_number AND t.kin_number = e.patient_id
    WHERE e.day >= n.known_from AND e.day < n.known_until AND e.day < t.known_until AND e.patient_id != n.own_number
    GROUP BY e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id, e.day
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, f.events[1].1 AS first_at, f.events[-1].1 AS last_at,
    -- Kin more than acquaintances, what was not told more than what was, several events more than one, which may be a slip.
    round(if(f.is_distant = 1, {distant_weight:Float64}, 1) * if(f.day < d.known_until, {declared_weight:Float64}, 1)
        * (1 - (1 - {single_weight:Float64}) / length(f.events)), 4) AS score,
    map('role', toString(f.role), 'tie', f.tie,
        'events', concat(toString(length(f.events)), if(length(f.events) = 1, ' event', ' events')),
        'declared', if(f.day < d.known_until, 'They had declared a tie to the patient.', 'They had declared no tie to the patient.')
    ) AS facts,
    arrayMap(event -> event.3, f.events) AS event_ids,
    arrayMap(event -> toString(event.2), f.events) AS sources
FROM found AS f
LEFT JOIN declared AS d ON d.staff_id_system = f.staff_id_system AND d.staff_id = f.staff_id
    AND d.patient_id = f.patient_id
