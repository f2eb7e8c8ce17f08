-- How many alerts the viewer's organisations have, of detectors that are active there, by everything that the list can
-- be filtered by.
WITH places AS
(
    SELECT organisation_code, name AS organisation_name
    FROM organisations
    WHERE organisation_code IN {organisation_codes:Array(String)}
)
SELECT detector_id, severity, status, organisation_code, any(organisation_name) AS organisation_name,
    toUInt32(count()) AS alerts
FROM alerts
LEFT JOIN places USING (organisation_code)
WHERE organisation_code IN {organisation_codes:Array(String)}
    AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
    AND (
        (detector_id, organisation_code) IN (
            SELECT s.detector_id, s.organisation_code FROM detector_statuses AS s
            WHERE s.organisation_code != '' AND s.status NOT IN ('shadow', 'signal')
        )
        OR (
            detector_id NOT IN (
                SELECT s.detector_id FROM detector_statuses AS s
                WHERE s.organisation_code = '' AND s.status IN ('shadow', 'signal')
            )
            AND (detector_id, organisation_code) NOT IN (
                SELECT s.detector_id, s.organisation_code FROM detector_statuses AS s
                WHERE s.organisation_code != '' AND s.status IN ('shadow', 'signal')
            )
        )
    )
GROUP BY detector_id, severity, status, organisation_code
ORDER BY detector_id, severity, status, organisation_code
