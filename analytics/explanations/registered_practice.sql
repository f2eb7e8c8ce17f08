/* @explanation
id: registered_practice
version: 1
title: The patient's own practice, or its network
stage: primary
needs: [patients, care_relationships]
params: {}
@explanation */
WITH
built AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id
    FROM access_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
),
-- Where a patient is registered: one row per patient and practice, with the days on which it holds.
registrations AS (
    SELECT patient_id, gp_practice_code AS practice_code, toDate32('1900-01-01') AS starts_on,
        if(isNull(ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ended_at), 'Europe/London')) AS known_until,
        toDate32('2149-06-06') AS last_on, concat('patient record: ', gp_practice_code) AS evidence
    FROM patients
    WHERE gp_practice_code != '' AND patient_id IN (SELECT patient_id FROM built)
    UNION ALL
    SELECT patient_id, organisation_code AS practice_code, toDate32(starts_at, 'Europe/London') AS starts_on,
        if(isNull(ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ended_at), 'Europe/London')) AS known_until,
        if(isNull(ends_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ends_at), 'Europe/London')) AS last_on,
        relationship_id AS evidence
    FROM care_relationships
    WHERE kind = 'registration' AND patient_id IN (SELECT patient_id FROM built)
),
-- Practices and the network that each belongs to.
networks AS (
    SELECT organisation_code, toString(parent_code) AS network_code FROM organisations WHERE parent_code != ''
),
links AS (
    SELECT b.day AS day, b.staff_id_system AS staff_id_system, b.staff_id AS staff_id,
        b.organisation_code AS organisation_code, b.patient_id AS patient_id, r.evidence AS evidence,
        r.practice_code = b.organisation_code AS is_own,
        theirs.network_code != '' AND (theirs.network_code = ours.network_code
            OR theirs.network_code = b.organisation_code) AS is_network
    FROM built AS b
    INNER JOIN registrations AS r ON r.patient_id = b.patient_id
    LEFT JOIN networks AS theirs ON theirs.organisation_code = r.practice_code
    LEFT JOIN networks AS ours ON ours.organisation_code = b.organisation_code
    WHERE b.day >= r.starts_on AND b.day <= r.last_on AND b.day < r.known_until
)
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    CAST(if(max(is_own), 'organisation', 'inferred'),
        'Enum8(\'inferred\' = 1, \'organisation\' = 2, \'team\' = 3, \'person\' = 4)') AS strength,
    argMax(l.evidence, (is_own, l.evidence)) AS evidence
FROM links AS l
WHERE is_own OR is_network
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
