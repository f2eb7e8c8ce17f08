/* @detector
id: lone_tie
version: 2
title: Someone they may know, whom no colleague saw
status: active
severity: medium
mode: scheduled
schedule: "7-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 14
grace_days: 3
params:
  { coverage_min: 0.9, unfed_max: 0.3, others_min: 5, colleague_weight: 0.5, neighbour_weight: 0.8, inferred_weight: 0.5, feed_weight: 0.6, lookback_days: 14 }
needs: [staff, patients, care_relationships]
silenced_by: organisation
reason: "{staff} opened the record of someone {tie}. Nothing explains it, and of {others} others who used the record at {organisation} in {lookback_days} days nobody else opened it. Feeds explain {coverage} of what staff there open in this role."
@detector */
WITH
-- Accesses that no organisation's link explains, where feeds tell of nearly all care, or of hardly any: where they tell of a
-- part, what they do not tell of may be what one person does alone. One row per access.
unlinked AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, strength, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'organisation', back_days = {lookback_days:UInt32})
    WHERE coverage >= {coverage_min:Float64} OR coverage < {unfed_max:Float64}
),
-- All that the directory has of whoever opened one, under any identifier: one row per identifier that was used and staff row.
viewers AS MATERIALIZED (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, p.person_key AS person_key, p.known_from AS known_from, p.known_until AS known_until,
        s.organisation_code AS organisation_code, s.team AS team, s.nhs_number AS nhs_number, s.address_key AS address_key,
        replaceAll(upperUTF8(s.postcode), ' ', '') AS postcode
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    INNER JOIN staff AS s ON s.staff_id_system = q.staff_id_system AND s.staff_id = q.staff_id
    WHERE p.kind = 'person' AND q.kind = 'person' AND (p.staff_id_system, p.staff_id) IN (SELECT staff_id_system, staff_id FROM unlinked)
),
-- Staff whose own record was opened, with the days on which they serve there: one row per patient and staff row.
colleagues AS (
    SELECT s.nhs_number AS patient_id, p.person_key AS person_key, s.organisation_code AS organisation_code, s.team AS team,
        greatest(toDate32(p.known_from), ifNull(s.starts_on, toDate32('1970-01-01'))) AS serves_from,
        least(toDate32(p.known_until), ifNull(addDays(s.ends_on, 1), toDate32('2149-06-06')),
            if(isNull(s.ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(s.ended_at), 'Europe/London'))) AS serves_until
    FROM staff AS s
    INNER JOIN staff_people AS p ON p.staff_id_system = s.staff_id_system AND p.staff_id = s.staff_id
    WHERE p.kind = 'person' AND s.nhs_number != '' AND s.nhs_number IN (SELECT patient_id FROM unlinked)
),
-- Whose address is to be kept from everybody: flags are few, so they are sought in the versions first. One row per patient.
guarded AS MATERIALIZED (
    SELECT patient_id, address_key FROM patients
    WHERE has(flags, 'protected_address') AND patient_id IN (SELECT patient_id FROM patients_versions WHERE has(flags, 'protected_address'))
),
-- Where neither the patient nor anybody at their address is to be kept from others, their postcode may tie: one row per patient.
opened AS (
    SELECT patient_id, has(flags, 'protected_address') AS is_protected,
        if(address_key != '' AND address_key IN (SELECT address_key FROM guarded), '', replaceAll(upperUTF8(postcode), ' ', '')) AS postcode
    FROM patients
    WHERE isNull(ended_at) AND patient_id IN (SELECT patient_id FROM unlinked)
),
-- Whoever lives at a protected address, by their own record or the employer's, has no neighbours here: one row per identifier.
hidden AS (
    SELECT DISTINCT staff_id_system, staff_id FROM viewers
    WHERE nhs_number IN (SELECT patient_id FROM guarded) OR (address_key != '' AND address_key IN (SELECT address_key FROM guarded))
),
-- What ties the person to the patient, or marks the patient: one row per access and tie.
ties AS (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id, u.organisation_code AS organisation_code, u.patient_id AS patient_id,
        if(v.organisation_code = c.organisation_code AND v.team = c.team AND c.team != '', (1, 'of their own team'), ({colleague_weight:Float64}, 'who works there as they do')) AS tie
    FROM unlinked AS u
    INNER JOIN colleagues AS c ON c.patient_id = u.patient_id AND c.organisation_code = u.organisation_code
    INNER JOIN viewers AS v ON v.staff_id_system = u.staff_id_system AND v.staff_id = u.staff_id
    WHERE v.person_key != c.person_key AND u.day >= c.serves_from AND u.day < c.serves_until AND u.day >= v.known_from AND u.day < v.known_until
    UNION ALL
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id, u.organisation_code AS organisation_code, u.patient_id AS patient_id,
        if(r.is_protected, (1, 'whose address is protected'), ({neighbour_weight:Float64}, 'who lives at the same postcode as they do')) AS tie
    FROM unlinked AS u
    INNER JOIN opened AS r ON r.patient_id = u.patient_id
    INNER JOIN viewers AS v ON v.staff_id_system = u.staff_id_system AND v.staff_id = u.staff_id
    WHERE v.nhs_number != u.patient_id AND (r.is_protected OR (r.postcode != '' AND r.postcode = v.postcode
            AND (v.staff_id_system, v.staff_id) NOT IN (SELECT staff_id_system, staff_id FROM hidden))) AND u.day >= v.known_from AND u.day < v.known_until
),
tied AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, max(tie) AS best FROM ties
    WHERE (staff_id_system, staff_id, patient_id) NOT IN (SELECT staff_id_system, staff_id, nhs_number FROM viewers)
    GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
),
-- A person's identifiers are no company to one another.
persons AS (SELECT staff_id_system, staff_id, person_key FROM staff_identities WHERE person_key != ''),
-- Who used the record there on which days, and who opened these records: one row per organisation, person and day.
used AS MATERIALIZED (
    SELECT a.day AS day, a.organisation_code AS organisation_code, if(p.person_key != '', p.person_key, concat(a.staff_id_system, '|', a.staff_id)) AS person,
        groupUniqArrayIf(a.patient_id, (a.organisation_code, a.patient_id) IN (SELECT organisation_code, patient_id FROM tied)) AS records
    FROM accesses AS a LEFT JOIN persons AS p ON p.staff_id_system = a.staff_id_system AND p.staff_id = a.staff_id
    WHERE a.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day <= arrayMax({days:Array(Date)}) AND a.user_events > 0
        AND a.organisation_code IN (SELECT organisation_code FROM tied)
    GROUP BY day, organisation_code, person
),
-- Those of which nobody else there opened the record: one row per access.
lone AS (
    SELECT t.day AS day, t.staff_id_system AS staff_id_system, t.staff_id AS staff_id, t.organisation_code AS organisation_code, t.patient_id AS patient_id, any(t.best) AS best,
        uniqExactIf(u.person, u.person != t.person) AS others
    FROM (
        SELECT k.day AS day, k.staff_id_system AS staff_id_system, k.staff_id AS staff_id, k.organisation_code AS organisation_code, k.patient_id AS patient_id, k.best AS best,
            if(p.person_key != '', p.person_key, concat(k.staff_id_system, '|', k.staff_id)) AS person
        FROM tied AS k LEFT JOIN persons AS p ON p.staff_id_system = k.staff_id_system AND p.staff_id = k.staff_id
    ) AS t
    INNER JOIN used AS u ON u.organisation_code = t.organisation_code
    WHERE u.day <= t.day AND u.day > subtractDays(t.day, {lookback_days:UInt32})
    GROUP BY t.day, t.staff_id_system, t.staff_id, t.organisation_code, t.patient_id
    HAVING countIf(u.person != t.person AND has(u.records, t.patient_id)) = 0 AND others >= {others_min:UInt32}
),
found AS (
    SELECT l.day AS day, l.staff_id_system AS staff_id_system, l.staff_id AS staff_id, l.organisation_code AS organisation_code, l.patient_id AS patient_id,
        any(l.best) AS best, any(l.others) AS others, any(u.role_name) AS role, any(u.strength) AS strength, any(u.coverage) AS coverage,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN lone AS l ON l.day = e.day AND l.staff_id_system = e.staff_id_system AND l.staff_id = e.staff_id AND l.organisation_code = e.organisation_code AND l.patient_id = e.patient_id
    INNER JOIN unlinked AS u ON u.day = e.day AND u.staff_id_system = e.staff_id_system AND u.staff_id = e.staff_id AND u.organisation_code = e.organisation_code AND u.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY l.day, l.staff_id_system, l.staff_id, l.organisation_code, l.patient_id
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code, f.patient_id AS patient_id, f.day AS day,
    f.events[1].1 AS first_at, f.events[-1].1 AS last_at,
    -- How near the tie, and how much a missing link means: the more of its care the feeds tell of, the more.
    round(f.best.1 * if(f.strength = 'inferred', {inferred_weight:Float64}, 1) * ({feed_weight:Float64} + (1 - {feed_weight:Float64}) * f.coverage), 4) AS score,
    map('role', toString(f.role), 'tie', f.best.2, 'others', toString(f.others), 'organisation', if(g.name = '', toString(f.organisation_code), g.name),
        'lookback_days', toString({lookback_days:UInt32}), 'coverage', concat(toString(round(100 * f.coverage)), ' %')) AS facts,
    arrayMap(event -> event.3, f.events) AS event_ids, arrayMap(event -> toString(event.2), f.events) AS sources
FROM found AS f
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
