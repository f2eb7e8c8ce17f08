-- The suppressions that are in force at an instant.
SELECT s.organisation_code AS organisation_code, s.detector_id AS detector_id, s.staff_id_system AS staff_id_system,
    s.staff_id AS staff_id, s.patient_id AS patient_id
FROM suppressions_made AS s
WHERE s.expires_at > {now:DateTime64(3, 'UTC')} AND s.ended_at IS NULL
ORDER BY s.suppression_id
