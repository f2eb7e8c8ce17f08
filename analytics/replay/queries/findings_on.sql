-- What people concluded on some alerts.
SELECT alert_id, finding
FROM closed_alerts
WHERE alert_id IN {alert_ids:Array(String)}
