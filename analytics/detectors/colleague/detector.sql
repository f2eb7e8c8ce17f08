/* @detector
id: colleague
version: 1
title: A colleague's record, without care
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { coverage_min: 0.7, organisation_weight: 0.4, inferred_weight: 0.7, circle_weight: 500, occupational_roles: "occupational health,staff health,staff wellbeing", lookback_days: 28 }
needs: [staff, care_relationships]
silenced_by: team
reason: "{staff} opened the record of {colleague} at {organisation}. {link}, and feeds explain {coverage} of what staff there open in this role."
@detector */
WITH
-- What is known of each member of staff: one row per person and staff row. They serve an organisation from the day on
-- which they start to the day on which they leave it, or its directory.
records AS MATERIALIZED (
    SELECT p.person_key AS person_key, s.staff_id AS staff_id, s.organisation_code AS organisation_code, s.team AS team,
        s.manager_staff_id AS manager_staff_id, s.nhs_number AS nhs_number,
        upperUTF8(trimBoth(s.surname)) AS surname, s.date_of_birth AS date_of_birth, s.address_key AS address_key,
        greatest(toDate32(p.known_from), ifNull(s.starts_on, toDate32('1970-01-01'))) AS serves_from,
        least(toDate32(p.known_until), ifNull(addDays(s.ends_on, 1), toDate32('2149-06-06')),
            if(isNull(s.ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(s.ended_at), 'Europe/London'))) AS serves_until
    FROM staff AS s
    INNER JOIN staff_people AS p ON p.staff_id_system = s.staff_id_system AND p.staff_id = s.staff_id
    WHERE p.kind = 'person'
),
-- Staff without an NHS number: name, birth and address together find their record, where they fit one patient alone.
described AS (
    SELECT upperUTF8(trimBoth(r.surname)) AS surname, r.date_of_birth AS date_of_birth, r.address_key AS address_key,
        any(r.patient_id) AS patient_id
    FROM patients AS r
    WHERE isNull(r.ended_at) AND NOT has(r.flags, 'protected_address') AND r.address_key IN (
        SELECT address_key FROM records
        WHERE nhs_number = '' AND surname != '' AND isNotNull(date_of_birth) AND address_key != '')
    GROUP BY surname, date_of_birth, address_key
    HAVING count() = 1
),
-- Staff as patients: one row per patient record and staff row.
colleagues AS MATERIALIZED (
    SELECT if(c.nhs_number != '', c.nhs_number, d.patient_id) AS patient_id, c.person_key AS person_key,
        c.staff_id AS staff_id, c.organisation_code AS organisation_code, c.team AS team,
        c.manager_staff_id AS manager_staff_id, c.serves_from AS serves_from, c.serves_until AS serves_until
    FROM records AS c
    LEFT JOIN described AS d ON d.surname = c.surname AND d.date_of_birth = c.date_of_birth
        AND d.address_key = c.address_key
    WHERE c.nhs_number != '' OR d.patient_id != ''
),
-- Accesses to them that nothing of a team's strength explains, where feeds tell of enough care: one row per access.
unlinked AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, team, strength, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32})
    WHERE coverage >= {coverage_min:Float64}
        AND (patient_id, organisation_code) IN (SELECT patient_id, organisation_code FROM colleagues)
        AND NOT multiSearchAnyCaseInsensitiveUTF8(concat(role_name, ' ', team), splitByChar(',', {occupational_roles:String}))
),
-- Who opened them: one row per identifier and person, and the person's places in each organisation.
viewers AS (
    SELECT staff_id_system, staff_id, person_key, known_from, known_until
    FROM staff_people
    WHERE kind = 'person' AND (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM unlinked)
),
places AS (
    SELECT person_key, organisation_code, groupUniqArray(staff_id) AS ids,
        groupUniqArrayIf(team, team != '') AS teams, groupUniqArrayIf(manager_staff_id, manager_staff_id != '') AS managers
    FROM records
    WHERE person_key IN (SELECT person_key FROM viewers)
    GROUP BY person_key, organisation_code
),
-- Those to somebody else who serves the same organisation on that day: one row per access, with the nearest tie.
opened AS MATERIALIZED (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id,
        u.organisation_code AS organisation_code, u.patient_id AS patient_id, any(u.role_name) AS role,
        any(u.strength) AS strength, any(u.coverage) AS coverage,
        min(multiIf(has(o.managers, c.staff_id), 'a the person who manages them', has(o.ids, c.manager_staff_id), 'b someone whom they manage',
            has(o.teams, c.team), 'c someone of their own team', 'd someone who works')) AS tie
    FROM unlinked AS u
    INNER JOIN colleagues AS c ON c.patient_id = u.patient_id AND c.organisation_code = u.organisation_code
    INNER JOIN viewers AS v ON v.staff_id_system = u.staff_id_system AND v.staff_id = u.staff_id
    LEFT JOIN places AS o ON o.person_key = v.person_key AND o.organisation_code = u.organisation_code
    WHERE toDate32(u.day) >= c.serves_from AND toDate32(u.day) < c.serves_until
        AND u.day >= v.known_from AND u.day < v.known_until
    GROUP BY u.day, u.staff_id_system, u.staff_id, u.organisation_code, u.patient_id
    HAVING max(v.person_key = c.person_key) = 0
),
-- How many at the organisation used the record that day: among few, everybody knows everybody.
circles AS (
    SELECT day, organisation_code, uniqExact(staff_id_system, staff_id) AS users
    FROM staff_days
    WHERE day IN {days:Array(Date)} AND organisation_code IN (SELECT organisation_code FROM opened)
    GROUP BY day, organisation_code
),
-- The events of those accesses.
found AS (
    SELECT o.staff_id_system AS staff_id_system, o.staff_id AS staff_id, o.organisation_code AS organisation_code,
        o.patient_id AS patient_id, o.day AS day, o.role AS role, o.strength AS strength, o.coverage AS coverage,
        o.tie AS tie, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN opened AS o ON o.day = e.day AND o.staff_id_system = e.staff_id_system AND o.staff_id = e.staff_id
        AND o.organisation_code = e.organisation_code AND o.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND e.patient_id IN (SELECT patient_id FROM opened)
    GROUP BY ALL
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, f.events[1].1 AS first_at, f.events[-1].1 AS last_at,
    round(multiIf(f.strength = 'organisation', {organisation_weight:Float64}, f.strength = 'inferred', {inferred_weight:Float64}, 1)
        * f.coverage / if(f.tie < 'd', 1, sqrt(1 + c.users / {circle_weight:Float64})), 4) AS score,
    map('role', toString(f.role), 'colleague', substring(f.tie, length('a ') + 1),
        'organisation', if(g.name = '', toString(f.organisation_code), g.name), 'users', toString(c.users),
        'link', multiIf(f.strength = 'organisation', 'The patient is cared for there, but nothing names the team',
            f.strength = 'inferred', 'A link to care there is only inferred', 'Nothing explains it'),
        'coverage', concat(toString(round(100 * f.coverage)), ' %')) AS facts,
    arrayMap(event -> event.3, f.events) AS event_ids,
    arrayMap(event -> toString(event.2), f.events) AS sources
FROM found AS f
INNER JOIN circles AS c ON c.day = f.day AND c.organisation_code = f.organisation_code
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
