-- Which of some alerts may not be told: they rest on who lives where, and the patient, someone at an address of the
-- patient or of the member of staff, or the member of staff has a protected address now. Addresses are compared here
-- and leave nothing but the alert's own id. An alert that rested on an address in any version is one of these.
WITH
    -- The identity of an alert never changes, so that any version tells whose it is.
    tied AS MATERIALIZED
    (
        SELECT DISTINCT alert_id, staff_id_system, staff_id, patient_id
        FROM alert_versions
        WHERE alert_id IN {alert_ids:Array(String)} AND organisation_code IN {organisation_codes:Array(String)}
            AND
            (
                detector_id IN {tie_detectors:Array(String)}
                OR arrayExists(fact -> position(fact, 'address') > 0, mapValues(facts))
            )
    ),
    -- Flags are few: they are sought in the versions first, which spares bringing every patient up to date.
    guarded AS MATERIALIZED
    (
        SELECT patient_id, address_key
        FROM patients
        WHERE patient_id IN (SELECT patient_id FROM patients_versions WHERE has(flags, 'protected_address'))
            AND has(flags, 'protected_address')
    ),
    -- All that is known of the person, under whichever of their identifiers.
    persons AS
    (
        SELECT staff_id_system, staff_id, person_key
        FROM staff_people
        WHERE (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM tied)
    ),
    identifiers AS MATERIALIZED
    (
        SELECT staff_id_system AS any_system, staff_id AS any_id, person_key
        FROM staff_people
        WHERE person_key IN (SELECT person_key FROM persons)
    ),
    employed AS MATERIALIZED
    (
        SELECT staff_id_system AS any_system, staff_id AS any_id, nhs_number, address_key
        FROM staff
        WHERE (staff_id_system, staff_id) IN (SELECT any_system, any_id FROM identifiers)
    ),
    known AS
    (
        SELECT staff_id_system, staff_id, nhs_number, address_key
        FROM persons
        INNER JOIN identifiers USING (person_key)
        INNER JOIN employed USING (any_system, any_id)
    ),
    touched AS MATERIALIZED
    (
        SELECT patient_id
        FROM patients
        WHERE (patient_id IN (SELECT patient_id FROM tied) OR patient_id IN (SELECT nhs_number FROM employed))
            AND
            (
                has(flags, 'protected_address')
                OR (address_key != '' AND address_key IN (SELECT address_key FROM guarded))
            )
    )
SELECT alert_id
FROM tied
WHERE patient_id IN (SELECT patient_id FROM touched)
    OR (staff_id_system, staff_id) IN
    (
        SELECT staff_id_system, staff_id
        FROM known
        WHERE nhs_number IN (SELECT patient_id FROM touched)
            OR (address_key != '' AND address_key IN (SELECT address_key FROM guarded))
    )
