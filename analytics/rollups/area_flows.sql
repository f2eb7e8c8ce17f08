-- One row per local day, organisation and area of the patients: how many patients, and of how many an access is
-- explained. Patients and not accesses: one visitor whom a whole ward looked up is one visitor.
INSERT INTO area_flow_builds (build, day, organisation_code, area_code, patients, explained_patients)
WITH
built AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id
    FROM access_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
),
-- The area of the practice where the patient was registered on the day, by the care relationships.
registered AS (
    SELECT b.patient_id AS patient_id, b.day AS day, max(toString(o.area_code)) AS area_code
    FROM (SELECT DISTINCT patient_id, day FROM built) AS b
    INNER JOIN (
        SELECT patient_id, organisation_code, toDate32(starts_at, 'Europe/London') AS from_day,
            if(isNull(ends_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ends_at), 'Europe/London')) AS last_day
        FROM care_relationships
        WHERE kind = 'registration' AND isNull(ended_at) AND patient_id IN (SELECT patient_id FROM built)
    ) AS c ON c.patient_id = b.patient_id
    INNER JOIN organisations AS o ON o.organisation_code = c.organisation_code
    WHERE b.day >= c.from_day AND b.day <= c.last_day
    GROUP BY b.patient_id, b.day
),
explained AS (
    SELECT DISTINCT day, staff_id_system, staff_id, organisation_code, patient_id, 1 AS is_explained
    FROM access_explanation_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND strength >= 'organisation'
)
SELECT {build:UInt64} AS build, b.day, b.organisation_code,
    multiIf(p.area_code != '', p.area_code, o.area_code != '', o.area_code, r.area_code) AS area_code,
    uniqExact(b.patient_id) AS patients, uniqExactIf(b.patient_id, e.is_explained = 1) AS explained_patients
FROM built AS b
LEFT JOIN (
    SELECT patient_id, toString(area_code) AS area_code, gp_practice_code FROM patients
    WHERE patient_id IN (SELECT patient_id FROM built)
) AS p ON p.patient_id = b.patient_id
LEFT JOIN (SELECT organisation_code, toString(area_code) AS area_code FROM organisations) AS o
    ON o.organisation_code = p.gp_practice_code
LEFT JOIN registered AS r ON r.patient_id = b.patient_id AND r.day = b.day
LEFT JOIN explained AS e ON e.day = b.day AND e.staff_id_system = b.staff_id_system AND e.staff_id = b.staff_id
    AND e.organisation_code = b.organisation_code AND e.patient_id = b.patient_id
GROUP BY b.day, b.organisation_code, area_code
