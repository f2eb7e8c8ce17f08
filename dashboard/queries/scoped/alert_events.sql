-- The events that an alert cites, in the order in which they happened.
WITH this AS MATERIALIZED
(
    SELECT organisation_code, staff_id, arrayZip(sources, event_ids) AS cited,
        toDate(first_at, 'Europe/London') AS first_day, toDate(last_at, 'Europe/London') AS last_day
    FROM alerts
    WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
        AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
)
SELECT source, event_id, toFloat64(toUnixTimestamp64Milli(occurred_at)) AS at_ms, action, outcome, trigger,
    staff_name, role_name, section, application, site_code, device_id, ip_address, purpose, override, reason,
    toFloat64(toUnixTimestamp64Milli(received_at)) AS received_at_ms
FROM committed_events
WHERE organisation_code IN {organisation_codes:Array(String)}
    AND day >= (SELECT first_day FROM this) AND day <= (SELECT last_day FROM this)
    AND (source, event_id) IN (SELECT arrayJoin(cited) FROM this)
ORDER BY committed_events.occurred_at, source, event_id
LIMIT 100
