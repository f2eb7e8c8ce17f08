-- One row per local day, organisation and staff member with an access by their own hand. What lacks a team's link, where
-- nobody can tell, is kept apart. Columns carry their table's name, as in link_coverage.sql.
INSERT INTO staff_link_day_builds (build, day, organisation_code, staff_id_system, staff_id, role, role_name, team,
    organisation_type, accesses, unexplained, unlinked, sectioned, unlinked_looks, untold_looks)
SELECT {build:UInt64} AS build, l.day, l.organisation_code, l.staff_id_system, l.staff_id, max(l.role) AS role,
    max(l.role_name) AS role_name, max(l.team) AS team, max(l.organisation_type) AS organisation_type,
    count() AS accesses, countIf(l.strength < 'organisation' AND l.is_told) AS unexplained,
    countIf(l.strength < 'team' AND l.is_told) AS unlinked,
    countIf(notEmpty(l.sections)) AS sectioned,
    groupArrayIf(l.look, l.strength < 'team' AND l.is_told) AS unlinked_looks,
    groupArrayIf(l.look, l.strength < 'team' AND NOT l.is_told) AS untold_looks
FROM (
    SELECT a.day AS day, a.organisation_code AS organisation_code, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.role AS role, a.role_name AS role_name, a.team AS team, a.organisation_type AS organisation_type, a.sections AS sections,
        a.strength AS strength, (a.strength, toHour(a.first_at, 'Europe/London'), a.sections) AS look,
        NOT has(a.explanation_ids, 'team_unknown') AS is_told
    FROM access_link_builds AS a
    WHERE a.build = {build:UInt64} AND a.day IN {days:Array(Date)}
) AS l
GROUP BY l.day, l.organisation_code, l.staff_id_system, l.staff_id
