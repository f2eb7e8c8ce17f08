-- One row per local day, organisation and role: its accesses by the strength of what explains them best, by explanation
-- and by section, and its people by the hours in which they opened records. Columns carry their table's name: a bare `build` in the condition
-- would be the number selected, and true of every build.
INSERT INTO link_coverage_builds (build, day, organisation_code, role, accesses, inferred, organisation, team, person,
    organisation_type, people, hours, sections, explanations)
SELECT {build:UInt64} AS build, r.day, r.organisation_code, r.role, r.accesses, r.inferred, r.organisation, r.team, r.person,
    r.organisation_type, length(arrayDistinct(r.at_work.1)) AS people,
    mapFromArrays(arrayDistinct(r.at_work.2) AS at, arrayMap(hour -> countEqual(r.at_work.2, hour), at)) AS hours,
    mapFromArrays(r.opened.1, r.opened.2) AS sections, mapFromArrays(r.explained.1, r.explained.2) AS explanations
FROM (
    SELECT l.day AS day, l.organisation_code AS organisation_code, l.role AS role, count() AS accesses,
        countIf(l.strength = 'inferred') AS inferred, countIf(l.strength = 'organisation') AS organisation,
        countIf(l.strength = 'team') AS team, countIf(l.strength = 'person') AS person,
        max(l.organisation_type) AS organisation_type,
        groupUniqArray((sipHash64(l.staff_id_system, l.staff_id), toHour(l.first_at, 'Europe/London'))) AS at_work,
        sumMap(l.sections, arrayMap(name -> 1, l.sections)) AS opened,
        sumMap(l.explanation_ids, arrayMap(id -> 1, l.explanation_ids)) AS explained
    FROM access_link_builds AS l
    WHERE l.build = {build:UInt64} AND l.day IN {days:Array(Date)}
    GROUP BY l.day, l.organisation_code, l.role
) AS r
