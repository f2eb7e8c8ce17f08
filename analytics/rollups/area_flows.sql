-- One row per local day, organisation and area of the patients: how many accesses, and how many of them explained.
INSERT INTO area_flow_builds (build, day, organisation_code, area_code, accesses, explained)
WITH
built AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id
    FROM access_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
),
explained AS (
    SELECT DISTINCT day, staff_id_system, staff_id, organisation_code, patient_id, 1 AS is_explained
    FROM access_explanation_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND strength >= 'organisation'
)
SELECT {build:UInt64} AS build, b.day, b.organisation_code,
    if(p.area_code != '', p.area_code, o.area_code) AS area_code,
    count() AS accesses, sum(e.is_explained) AS explained
FROM built AS b
LEFT JOIN (
    SELECT patient_id, toString(area_code) AS area_code, gp_practice_code FROM patients
    WHERE patient_id IN (SELECT patient_id FROM built)
) AS p ON p.patient_id = b.patient_id
LEFT JOIN (SELECT organisation_code, toString(area_code) AS area_code FROM organisations) AS o
    ON o.organisation_code = p.gp_practice_code
LEFT JOIN explained AS e ON e.day = b.day AND e.staff_id_system = b.staff_id_system AND e.staff_id = b.staff_id
    AND e.organisation_code = b.organisation_code AND e.patient_id = b.patient_id
GROUP BY b.day, b.organisation_code, area_code
