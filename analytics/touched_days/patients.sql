-- The days of the patients who changed, of everyone at their addresses, old and new (a household's size is a fact of
-- all of them), and of staff who are those patients.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
changed AS (
    SELECT v.patient_id AS patient_id, v.address_key AS address_key FROM patients_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
),
addresses AS (
    SELECT address_key FROM changed WHERE address_key != ''
    UNION DISTINCT
    SELECT h.value AS address_key FROM tie_history AS h
    WHERE h.dataset = 'patients' AND h.key IN (SELECT patient_id FROM changed)
),
concerned AS (
    SELECT patient_id FROM changed
    UNION DISTINCT
    SELECT p.patient_id AS patient_id FROM patients AS p WHERE p.address_key IN (SELECT address_key FROM addresses)
),
persons AS (
    SELECT p.person_key AS person_key
    FROM staff_people AS p
    INNER JOIN staff AS s ON s.staff_id_system = p.staff_id_system AND s.staff_id = p.staff_id
    WHERE s.nhs_number IN (SELECT patient_id FROM changed)
),
users AS (
    SELECT p.staff_id_system, p.staff_id FROM staff_people AS p WHERE p.person_key IN (SELECT person_key FROM persons)
)
SELECT t.day AS day, {to_load_seq:UInt64} AS load_seq, 'patients' AS cause
FROM (
    SELECT DISTINCT a.day AS day FROM accesses AS a WHERE a.patient_id IN (SELECT patient_id FROM concerned)
    UNION DISTINCT
    SELECT DISTINCT d.day AS day FROM staff_days AS d
    WHERE (d.staff_id_system, d.staff_id) IN (SELECT staff_id_system, staff_id FROM users)
) AS t
