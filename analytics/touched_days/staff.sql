-- The days, searches included, of the staff who changed, under all identifiers of the person. Team-mates whose access
-- counts as the treating team's were there on the same days. And the days of the patients whom these staff are, by what
-- is and what was known: colleagues may have looked.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
changed AS (
    SELECT v.staff_id_system AS staff_id_system, v.staff_id AS staff_id, v.nhs_number AS nhs_number,
        upperUTF8(trimBoth(v.surname)) AS surname, ifNull(v.date_of_birth, toDate32('1900-01-01')) AS born_on
    FROM staff_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
),
persons AS (
    SELECT p.person_key AS person_key FROM staff_people AS p
    WHERE (p.staff_id_system, p.staff_id) IN (SELECT staff_id_system, staff_id FROM changed)
),
users AS (
    SELECT staff_id_system, staff_id FROM changed
    UNION DISTINCT
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id FROM staff_people AS p
    WHERE p.person_key IN (SELECT person_key FROM persons)
),
own_patients AS (
    SELECT nhs_number AS patient_id FROM changed WHERE nhs_number != ''
    UNION DISTINCT
    SELECT h.nhs_number AS patient_id FROM address_history AS h
    WHERE h.holder = 'staff' AND h.patient_id = '' AND h.nhs_number != ''
        AND (h.staff_id_system, h.staff_id) IN (SELECT staff_id_system, staff_id FROM changed)
    UNION DISTINCT
    SELECT p.patient_id AS patient_id FROM patients AS p
    WHERE isNotNull(p.date_of_birth) AND p.surname != ''
        AND (upperUTF8(trimBoth(p.surname)), assumeNotNull(p.date_of_birth))
            IN (SELECT surname, born_on FROM changed WHERE nhs_number = '')
)
SELECT t.day AS day, {to_load_seq:UInt64} AS load_seq, 'staff' AS cause
FROM (
    SELECT DISTINCT d.day AS day FROM staff_days AS d
    WHERE (d.staff_id_system, d.staff_id) IN (SELECT staff_id_system, staff_id FROM users)
    UNION DISTINCT
    SELECT DISTINCT a.day AS day FROM accesses AS a WHERE a.patient_id IN (SELECT patient_id FROM own_patients)
) AS t
