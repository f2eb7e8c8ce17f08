-- Every version of an alert, newest first.
SELECT version, change, change_reason, detector_version, severity, reason, toUInt32(length(event_ids)) AS events,
    toFloat64(toUnixTimestamp64Milli(recorded_at)) AS recorded_at_ms
FROM alert_versions
WHERE alert_id = {alert_id:String}
    AND alert_id IN
    (
        SELECT alert_id
        FROM alerts
        WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
    )
ORDER BY version DESC
LIMIT 50
