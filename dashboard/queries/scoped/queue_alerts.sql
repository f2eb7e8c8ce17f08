-- The alerts of some items of the queue, as they stand.
SELECT alert_id, argMax(v.detector_id, v.version) AS detector_id, argMax(v.severity, v.version) AS severity,
    argMax(v.reason, v.version) AS reason,
    toFloat64(toUnixTimestamp64Milli(argMax(v.last_at, v.version))) AS last_at_ms
FROM alert_versions AS v
WHERE v.alert_id IN {alert_ids:Array(String)} AND v.organisation_code IN {organisation_codes:Array(String)}
    AND NOT has({own_staff:Array(String)}, concat(v.staff_id_system, '|', v.staff_id))
GROUP BY alert_id
