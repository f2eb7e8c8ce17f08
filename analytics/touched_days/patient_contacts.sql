-- The days on which somebody who is one side of a changed contact opened a record of either side, under any identifier
-- of theirs. Who is a patient is told by the NHS number, or by name and birth: whichever a detector goes by.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
changed AS (
    SELECT arrayJoin([v.patient_id, v.contact_patient_id]) AS patient_id FROM patient_contacts_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
),
described AS (
    SELECT upperUTF8(trimBoth(p.surname)) AS surname, assumeNotNull(p.date_of_birth) AS born_on FROM patients AS p
    WHERE p.patient_id IN (SELECT patient_id FROM changed) AND p.surname != '' AND isNotNull(p.date_of_birth)
),
persons AS (
    SELECT p.person_key AS person_key
    FROM staff_people AS p
    INNER JOIN staff AS s ON s.staff_id_system = p.staff_id_system AND s.staff_id = p.staff_id
    WHERE s.nhs_number IN (SELECT patient_id FROM changed)
        OR (upperUTF8(trimBoth(s.surname)), ifNull(s.date_of_birth, toDate32('1900-01-01')))
            IN (SELECT surname, born_on FROM described)
),
users AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id FROM staff_people AS p
    WHERE p.person_key IN (SELECT person_key FROM persons)
)
SELECT DISTINCT a.day, {to_load_seq:UInt64} AS load_seq, 'patient_contacts' AS cause
FROM accesses AS a
WHERE a.patient_id IN (SELECT patient_id FROM changed)
    AND (a.staff_id_system, a.staff_id) IN (SELECT staff_id_system, staff_id FROM users)
