-- One row per local day, organisation and role: its accesses by the strength of what explains them best. Columns carry
-- their table's name: a bare `build` in the condition would be the number selected, and true of every build.
INSERT INTO link_coverage_builds (build, day, organisation_code, role, accesses, inferred, organisation, team, person)
SELECT {build:UInt64} AS build, l.day, l.organisation_code, l.role, count() AS accesses,
    countIf(l.strength = 'inferred') AS inferred, countIf(l.strength = 'organisation') AS organisation,
    countIf(l.strength = 'team') AS team, countIf(l.strength = 'person') AS person
FROM access_link_builds AS l
WHERE l.build = {build:UInt64} AND l.day IN {days:Array(Date)}
GROUP BY l.day, l.organisation_code, l.role
