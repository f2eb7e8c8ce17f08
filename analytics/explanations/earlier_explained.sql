/* @explanation
id: earlier_explained
version: 1
title: Care that explained an access of the same team before
stage: derived
needs: [care_relationships, patients]
params: { back_days: 90 }
@explanation */
WITH
-- Accesses with the circle of those who speak for each other: the team, else the person alone. One row per access.
looks AS (
    SELECT b.day AS day, b.staff_id_system AS staff_id_system, b.staff_id AS staff_id,
        b.organisation_code AS organisation_code, b.patient_id AS patient_id, v.circle AS circle
    FROM access_builds AS b
    INNER JOIN (
        SELECT staff_id_system, staff_id, organisation_code, circle FROM viewer_builds WHERE build = {build:UInt64}
    ) AS v ON v.staff_id_system = b.staff_id_system AND v.staff_id = b.staff_id
        AND v.organisation_code = b.organisation_code
    WHERE b.build = {build:UInt64} AND b.day IN {days:Array(Date)}
),
-- What primary explanations said of the same circle and patient before: of days of this build, and of those that stand.
earlier AS (
    SELECT day, patient_id, circle, toInt8(strength) AS level
    FROM circle_link_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND strength > 'none'
    UNION ALL
    SELECT day, patient_id, circle, toInt8(strength) AS level
    FROM circle_links
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {back_days:UInt32}) AND day < arrayMax({days:Array(Date)})
        AND day NOT IN {days:Array(Date)} AND strength > 'none'
        AND (patient_id, circle) IN (SELECT patient_id, circle FROM looks)
)
SELECT l.day AS day, l.staff_id_system AS staff_id_system, l.staff_id AS staff_id,
    l.organisation_code AS organisation_code, l.patient_id AS patient_id,
    CAST(least(max(e.level), toInt8(CAST('team', 'Enum8(\'inferred\' = 1, \'organisation\' = 2, \'team\' = 3)'))),
        'Enum8(\'inferred\' = 1, \'organisation\' = 2, \'team\' = 3)') AS strength,
    concat('access of ', toString(argMax(e.day, (e.level, e.day)))) AS evidence
FROM looks AS l
INNER JOIN earlier AS e ON e.patient_id = l.patient_id AND e.circle = l.circle
WHERE e.day < l.day AND e.day >= subtractDays(l.day, {back_days:UInt32})
GROUP BY l.day, l.staff_id_system, l.staff_id, l.organisation_code, l.patient_id
