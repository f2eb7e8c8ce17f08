/* @explanation
id: declared_tie
version: 1
title: A tie that the member of staff told us of beforehand
stage: primary
needs: [declared_ties]
params: {}
@explanation */
WITH
built AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id
    FROM access_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
),
-- One row per identifier of the person who declared, and patient. Told on one day, it counts from the beginning: nobody
-- is worse off for having told late, and the date of the load is not that of the telling.
ties AS (
    SELECT staff_id_system, staff_id, patient_id, toString(relation) AS relation,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM declared_ties
    WHERE patient_id IN (SELECT patient_id FROM built)
),
told AS (
    SELECT staff_id_system, staff_id, patient_id, relation, known_until FROM ties
    UNION ALL
    SELECT q.staff_id_system AS staff_id_system, q.staff_id AS staff_id, t.patient_id AS patient_id,
        t.relation AS relation, t.known_until AS known_until
    FROM ties AS t
    INNER JOIN staff_people AS p ON p.staff_id_system = t.staff_id_system AND p.staff_id = t.staff_id
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    WHERE p.kind = 'person' AND q.kind = 'person'
)
SELECT b.day AS day, b.staff_id_system AS staff_id_system, b.staff_id AS staff_id,
    b.organisation_code AS organisation_code, b.patient_id AS patient_id,
    'none' AS strength, max(t.relation) AS evidence
FROM built AS b
INNER JOIN told AS t ON t.staff_id_system = b.staff_id_system AND t.staff_id = b.staff_id AND t.patient_id = b.patient_id
WHERE b.day < t.known_until
GROUP BY b.day, b.staff_id_system, b.staff_id, b.organisation_code, b.patient_id
