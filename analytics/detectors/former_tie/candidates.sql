-- The days on which a record was newly opened by somebody who was ever registered at an address of the patient's, or
-- ever tied to them by a recorded contact, whenever that was.
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
-- Their NHS numbers: one row per identifier that was used and number.
numbers AS MATERIALIZED (
    SELECT DISTINCT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, s.nhs_number AS own_number
    FROM identifiers AS p
    INNER JOIN staff AS s ON s.staff_id_system = p.other_system AND s.staff_id = p.other_id
    WHERE s.nhs_number != '' AND (s.staff_id_system, s.staff_id) IN (SELECT other_system, other_id FROM identifiers)
),
-- Whoever may be tied: the patients that were opened, and the persons as patients.
patients_concerned AS MATERIALIZED (
    SELECT patient_id FROM opened UNION DISTINCT SELECT own_number AS patient_id FROM numbers
),
-- Every address that any of these ever had. The history is long, and in the order of who it is of.
patient_homes AS MATERIALIZED (
    SELECT DISTINCT patient_id, address_key FROM address_history
    WHERE holder = 'patient' AND address_key != '' AND patient_id IN (SELECT patient_id FROM patients_concerned)
),
homes AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, h.address_key AS address_key
    FROM identifiers AS p
    INNER JOIN (
        SELECT DISTINCT staff_id_system, staff_id, address_key FROM address_history
        WHERE holder = 'staff' AND patient_id = '' AND address_key != ''
            AND (staff_id_system, staff_id) IN (SELECT other_system, other_id FROM identifiers)
    ) AS h ON h.staff_id_system = p.other_system AND h.staff_id = p.other_id
    UNION ALL
    SELECT n.staff_id_system AS staff_id_system, n.staff_id AS staff_id, h.address_key AS address_key
    FROM numbers AS n
    INNER JOIN patient_homes AS h ON h.patient_id = n.own_number
),
-- Pairs of patients that a contact ever tied, both ways round.
contacts AS (
    SELECT arrayJoin([(patient_id, contact_patient_id), (contact_patient_id, patient_id)]) AS pair
    FROM contact_history
    WHERE patient_id IN (SELECT patient_id FROM patients_concerned)
)
SELECT DISTINCT toString(o.day) AS day
FROM opened AS o
LEFT JOIN patient_homes AS r ON r.patient_id = o.patient_id
LEFT JOIN numbers AS n ON n.staff_id_system = o.staff_id_system AND n.staff_id = o.staff_id
WHERE o.patient_id != n.own_number
    AND ((o.staff_id_system, o.staff_id, r.address_key) IN (SELECT staff_id_system, staff_id, address_key FROM homes)
        OR (n.own_number, o.patient_id) IN (SELECT pair FROM contacts))
