-- One row per access by a person's own hand: the strongest of its explanations, and what detectors ask of it again
-- and again.
INSERT INTO access_link_builds (build, day, organisation_code, staff_id_system, staff_id, patient_id, first_at, last_at,
    user_events, role, role_name, team, organisation_type, sections, overrides, strength, explanation_ids)
WITH
-- One row per explained access.
explained AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
        max(toInt8(strength)) AS strength, arraySort(groupUniqArray(explanation_id)) AS explanation_ids
    FROM access_explanation_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
    GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
),
-- The key of the dataset is the identifier in an organisation: one row each.
directory AS (
    SELECT staff_id_system, staff_id, organisation_code, team, role_code, role_name FROM staff
),
places AS (SELECT organisation_code, type FROM organisations)
SELECT {build:UInt64} AS build, b.day, b.organisation_code, b.staff_id_system, b.staff_id, b.patient_id,
    b.first_at, b.last_at, b.user_events,
    multiIf(b.role_code != '', toString(b.role_code), b.role_name != '', lowerUTF8(toString(b.role_name)),
        s.role_code != '', toString(s.role_code), lowerUTF8(toString(s.role_name))) AS role,
    multiIf(b.role_name != '', toString(b.role_name), s.role_name != '', toString(s.role_name), role) AS role_name,
    s.team AS team, o.type AS organisation_type, b.sections, b.overrides,
    CAST(x.strength, 'Enum8(\'none\' = 0, \'inferred\' = 1, \'organisation\' = 2, \'team\' = 3, \'person\' = 4)') AS strength,
    x.explanation_ids
FROM access_builds AS b
LEFT JOIN explained AS x ON x.day = b.day AND x.staff_id_system = b.staff_id_system AND x.staff_id = b.staff_id
    AND x.organisation_code = b.organisation_code AND x.patient_id = b.patient_id
LEFT JOIN directory AS s ON s.staff_id_system = b.staff_id_system AND s.staff_id = b.staff_id
    AND s.organisation_code = b.organisation_code
LEFT JOIN places AS o ON o.organisation_code = b.organisation_code
WHERE b.build = {build:UInt64} AND b.day IN {days:Array(Date)} AND b.user_events > 0
