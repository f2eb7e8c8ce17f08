-- The days on which a record was newly opened by somebody who may live at the same address.
WITH
opened AS MATERIALIZED (
    SELECT DISTINCT day, staff_id_system, staff_id, patient_id
    FROM access_events
    WHERE load_seq > {after_load_seq:UInt64} AND load_seq <= {to_load_seq:UInt64} AND day IN {days:Array(Date)}
        AND trigger != 'system' AND outcome IN ('success', 'unknown') AND patient_id != ''
),
-- Every identifier of those persons, whenever it was theirs: one row per identifier that was used and other.
identifiers AS MATERIALIZED (
    SELECT staff_id_system, staff_id, staff_id_system AS other_system, staff_id AS other_id FROM opened
    UNION DISTINCT
    SELECT i.staff_id_system AS staff_id_system, i.staff_id AS staff_id, j.staff_id_system AS other_system, j.staff_id AS other_id
    FROM staff_identities AS i
    INNER JOIN staff_identities AS j ON j.person_key = i.person_key
    WHERE (i.staff_id_system, i.staff_id) IN (SELECT staff_id_system, staff_id FROM opened)
),
-- What is on file of a person under any identifier: one row per identifier that was used and staff row.
people AS MATERIALIZED (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, s.nhs_number AS nhs_number, s.address_key AS address_key
    FROM identifiers AS p
    INNER JOIN staff AS s ON s.staff_id_system = p.other_system AND s.staff_id = p.other_id
    WHERE (s.staff_id_system, s.staff_id) IN (SELECT other_system, other_id FROM identifiers)
),
-- Where those who were opened live, and the persons themselves.
homes AS MATERIALIZED (
    SELECT patient_id, address_key
    FROM patients
    WHERE address_key != '' AND patient_id IN (
        SELECT patient_id FROM opened UNION DISTINCT SELECT nhs_number AS patient_id FROM people WHERE nhs_number != '')
)
SELECT DISTINCT toString(o.day) AS day
FROM opened AS o
INNER JOIN people AS p ON p.staff_id_system = o.staff_id_system AND p.staff_id = o.staff_id
INNER JOIN homes AS r ON r.patient_id = o.patient_id
LEFT JOIN homes AS h ON h.patient_id = p.nhs_number
WHERE (r.address_key = p.address_key OR r.address_key = h.address_key) AND o.patient_id != p.nhs_number
