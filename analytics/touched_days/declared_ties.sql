-- The days on which the person who declared a tie, under any identifier, opened the record of the patient it is about.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
changed AS (
    SELECT v.staff_id_system AS staff_id_system, v.staff_id AS staff_id, v.patient_id AS patient_id
    FROM declared_ties_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
),
users AS (
    SELECT c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.patient_id AS patient_id FROM changed AS c
    UNION DISTINCT
    SELECT q.staff_id_system AS staff_id_system, q.staff_id AS staff_id, c.patient_id AS patient_id
    FROM changed AS c
    INNER JOIN staff_people AS p ON p.staff_id_system = c.staff_id_system AND p.staff_id = c.staff_id
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
)
SELECT DISTINCT a.day, {to_load_seq:UInt64} AS load_seq, 'declared_ties' AS cause
FROM accesses AS a
WHERE (a.staff_id_system, a.staff_id, a.patient_id) IN (SELECT staff_id_system, staff_id, patient_id FROM users)
