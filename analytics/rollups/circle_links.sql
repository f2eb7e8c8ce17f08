-- One row per local day, patient and circle of people who speak for each other: the strongest explanation of their
-- accesses. It is made when the primary explanations are there and no others, so that nothing derived speaks for more.
INSERT INTO circle_link_builds (build, day, patient_id, circle, strength)
WITH
explained AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, max(strength) AS strongest
    FROM access_explanation_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
    GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
)
SELECT {build:UInt64} AS build, b.day, b.patient_id, v.circle, max(x.strongest) AS strength
FROM access_builds AS b
INNER JOIN (
    SELECT staff_id_system, staff_id, organisation_code, circle FROM viewer_builds WHERE build = {build:UInt64}
) AS v ON v.staff_id_system = b.staff_id_system AND v.staff_id = b.staff_id AND v.organisation_code = b.organisation_code
LEFT JOIN explained AS x ON x.day = b.day AND x.staff_id_system = b.staff_id_system AND x.staff_id = b.staff_id
    AND x.organisation_code = b.organisation_code AND x.patient_id = b.patient_id
WHERE b.build = {build:UInt64} AND b.day IN {days:Array(Date)} AND b.user_events > 0
GROUP BY b.day, b.patient_id, v.circle
