-- The latest requests to try a detector with other thresholds, and what became of each.
SELECT request_id, detector_id, organisation_code, params, toString(from_day) AS from_day, toString(to_day) AS to_day,
    reason, toFloat64(toUnixTimestamp64Milli(requested_at)) AS requested_at_ms, state, days, days_done, staying, coming,
    going, going_true, going_false, message
FROM replays
WHERE detector_id = {detector_id:String}
    AND ({is_all:Bool} OR organisation_code = '' OR organisation_code IN {codes:Array(String)})
ORDER BY requested_at DESC, request_id
LIMIT 10
