-- The strongest explanation of each access that an alert of these detectors names: one row per access that is built.
SELECT toString(a.day) AS day, a.organisation_code AS organisation_code, a.staff_id_system AS staff_id_system,
    a.staff_id AS staff_id, a.patient_id AS patient_id, toString(a.strength) AS strength
FROM access_links AS a
WHERE (a.day, a.organisation_code, a.staff_id_system, a.staff_id, a.patient_id) IN (
    SELECT v.day, v.organisation_code, v.staff_id_system, v.staff_id, v.patient_id
    FROM alert_versions AS v
    WHERE v.detector_id IN {detector_ids:Array(String)} AND v.patient_id != ''
)
