-- One row per local day, organisation and staff member with an access by their own hand. Columns carry their table's name,
-- as in link_coverage.sql.
INSERT INTO staff_link_day_builds (build, day, organisation_code, staff_id_system, staff_id, role, role_name, team,
    organisation_type, accesses, unexplained, unlinked, sectioned, unlinked_looks)
SELECT {build:UInt64} AS build, l.day, l.organisation_code, l.staff_id_system, l.staff_id, max(l.role) AS role,
    max(l.role_name) AS role_name, max(l.team) AS team, max(l.organisation_type) AS organisation_type,
    count() AS accesses, countIf(l.strength < 'organisation') AS unexplained, countIf(l.strength < 'team') AS unlinked,
    countIf(notEmpty(l.sections)) AS sectioned,
    groupArrayIf((l.strength, toHour(l.first_at, 'Europe/London'), l.sections), l.strength < 'team') AS unlinked_looks
FROM access_link_builds AS l
WHERE l.build = {build:UInt64} AND l.day IN {days:Array(Date)}
GROUP BY l.day, l.organisation_code, l.staff_id_system, l.staff_id
