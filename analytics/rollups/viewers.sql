-- One row per identifier in an organisation that appears in the build, with the person behind it and the team whose
-- members speak for each other there.
INSERT INTO viewer_builds (build, staff_id_system, staff_id, organisation_code, person_key, ids, teams, team, circle)
WITH
viewers AS (
    SELECT DISTINCT staff_id_system, staff_id, organisation_code
    FROM access_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
),
-- One human, many ids: one row per identifier of a person and organisation in which it was used.
persons AS (
    SELECT v.staff_id_system AS staff_id_system, v.staff_id AS staff_id, v.organisation_code AS organisation_code,
        max(own.person_key) AS person_key, arraySort(groupUniqArray(other.staff_id)) AS ids,
        arraySort(groupUniqArrayIf(lowerUTF8(trimBoth(s.team)), s.team != '')) AS teams
    FROM viewers AS v
    INNER JOIN staff_people AS own ON own.staff_id_system = v.staff_id_system AND own.staff_id = v.staff_id
    INNER JOIN staff_people AS other ON other.person_key = own.person_key
    LEFT JOIN staff AS s ON s.staff_id_system = other.staff_id_system AND s.staff_id = other.staff_id
        AND s.organisation_code = v.organisation_code
    WHERE own.kind = 'person' AND other.kind = 'person'
    GROUP BY v.staff_id_system, v.staff_id, v.organisation_code
),
directory AS (
    SELECT staff_id_system, staff_id, organisation_code, lowerUTF8(trimBoth(team)) AS team FROM staff WHERE team != ''
),
-- In a surgery or a pharmacy the team is everybody, so that it says no more than the organisation: there each person
-- speaks for themself.
houses AS (SELECT organisation_code FROM organisations WHERE type IN ('gp', 'pharmacy'))
SELECT {build:UInt64} AS build, v.staff_id_system, v.staff_id, v.organisation_code,
    if(p.person_key = '', concat('id:', v.staff_id_system, '|', v.staff_id), p.person_key) AS person_key,
    p.ids AS ids, p.teams AS teams,
    multiIf(v.organisation_code IN houses, '', has(p.teams, d.team), d.team, arrayElement(p.teams, 1)) AS team,
    if(team != '', sipHash64('team', v.organisation_code, team), sipHash64('person', v.organisation_code, person_key)) AS circle
FROM viewers AS v
LEFT JOIN persons AS p ON p.staff_id_system = v.staff_id_system AND p.staff_id = v.staff_id
    AND p.organisation_code = v.organisation_code
LEFT JOIN directory AS d ON d.staff_id_system = v.staff_id_system AND d.staff_id = v.staff_id
    AND d.organisation_code = v.organisation_code
