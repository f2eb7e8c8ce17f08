-- The identifiers of staff that stand for a person known under others too, and when.
SELECT staff_id_system, staff_id, person_key, toString(known_from) AS from_day, toString(known_until) AS until_day
FROM staff_people
WHERE (staff_id_system, staff_id) IN (
        SELECT staff_identities.staff_id_system, staff_identities.staff_id FROM staff_identities
    )
    AND (staff_id_system, staff_id) IN (SELECT alert_versions.staff_id_system, alert_versions.staff_id FROM alert_versions)
