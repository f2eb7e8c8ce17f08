-- The latest version of each alert that stands: signals last, closed ones before them, and the newest days first. Of signals, which
-- never lead an item, the sentence is not read. Versions lie by alert, so they are grouped as they come: a million groups
-- held at once are more than a query may hold.
SELECT *, alert_id IN (SELECT closed_alerts.alert_id FROM closed_alerts) AS is_closed
FROM (
    SELECT
        v.alert_id AS alert_id, argMax(v.detector_id, v.version) AS last_detector_id,
        argMax(v.detector_version, v.version) AS last_detector_version, argMax(v.severity, v.version) AS last_severity,
        argMax(v.staff_id_system, v.version) AS last_staff_id_system, argMax(v.staff_id, v.version) AS last_staff_id,
        argMax(v.organisation_code, v.version) AS last_organisation_code,
        argMax(v.patient_id, v.version) AS last_patient_id, toString(argMax(v.day, v.version)) AS last_day,
        toFloat64(toUnixTimestamp64Milli(argMax(v.first_at, v.version))) AS last_first_at,
        toFloat64(toUnixTimestamp64Milli(argMax(v.last_at, v.version))) AS last_last_at,
        argMax(v.score, v.version) AS last_score,
        argMax(if(v.detector_id IN {signal_ids:Array(String)}, '', v.reason), v.version) AS last_reason
    FROM alert_versions AS v
    WHERE v.detector_id IN {detector_ids:Array(String)}
    GROUP BY v.alert_id
    HAVING argMax(v.change, v.version) != 'withdrawn'
)
ORDER BY last_detector_id IN {signal_ids:Array(String)}, is_closed, last_day DESC, alert_id
LIMIT {alerts_max:UInt32}
