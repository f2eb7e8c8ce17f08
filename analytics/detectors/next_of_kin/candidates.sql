-- The days on which a record was newly opened by somebody to whom a recorded contact ties the patient, either way.
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
-- The NHS numbers of a person under any identifier: one row per identifier that was used and number.
numbers AS MATERIALIZED (
    SELECT DISTINCT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, s.nhs_number AS own_number
    FROM identifiers AS p
    INNER JOIN staff AS s ON s.staff_id_system = p.other_system AND s.staff_id = p.other_id
    WHERE s.nhs_number != '' AND (s.staff_id_system, s.staff_id) IN (SELECT other_system, other_id FROM identifiers)
),
-- Pairs of patients that a contact ties, both ways round.
ties AS (
    SELECT arrayJoin([(patient_id, contact_patient_id), (contact_patient_id, patient_id)]) AS pair
    FROM patient_contacts
    WHERE patient_id IN (SELECT patient_id FROM opened UNION DISTINCT SELECT own_number AS patient_id FROM numbers)
)
SELECT DISTINCT toString(o.day) AS day
FROM opened AS o
INNER JOIN numbers AS n ON n.staff_id_system = o.staff_id_system AND n.staff_id = o.staff_id
WHERE (n.own_number, o.patient_id) IN (SELECT pair FROM ties)
