-- How many items the viewer's organisations have in the queue, by everything that it can be filtered by. An item with
-- alerts of several detectors is in a row for each set of them.
WITH places AS
(
    SELECT organisation_code, name AS organisation_name
    FROM organisations
    WHERE organisation_code IN {organisation_codes:Array(String)}
)
SELECT arraySort(detector_ids) AS detectors, severity, lane, place > 0 AS is_shown, organisation_code,
    any(organisation_name) AS organisation_name, toUInt32(count()) AS items
FROM queue_entries
LEFT JOIN places USING (organisation_code)
WHERE organisation_code IN {organisation_codes:Array(String)}
    AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
GROUP BY detectors, severity, lane, is_shown, organisation_code
ORDER BY organisation_code, detectors, severity, lane
