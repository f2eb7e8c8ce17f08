-- How many alerts the viewer's organisations have, by everything that the list can be filtered by.
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
GROUP BY detector_id, severity, status, organisation_code
ORDER BY detector_id, severity, status, organisation_code
