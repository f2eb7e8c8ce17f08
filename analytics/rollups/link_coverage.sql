-- One row per local day, organisation and role: its accesses by the strength of what explains them best.
INSERT INTO link_coverage_builds (build, day, organisation_code, role, accesses, inferred, organisation, team, person,
    explanations)
SELECT {build:UInt64} AS build, day, organisation_code, role, count() AS accesses,
    countIf(strength = 'inferred') AS inferred, countIf(strength = 'organisation') AS organisation,
    countIf(strength = 'team') AS team, countIf(strength = 'person') AS person,
    sumMap(mapFromArrays(explanation_ids, arrayMap(id -> toUInt32(1), explanation_ids))) AS explanations
FROM access_link_builds
WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
GROUP BY day, organisation_code, role
