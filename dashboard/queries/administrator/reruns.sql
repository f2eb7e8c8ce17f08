-- The latest requests to run something of a source again, and what became of each.
SELECT request_id, code, toFloat64(toUnixTimestamp64Milli(from_at)) AS from_ms,
    toFloat64(toUnixTimestamp64Milli(to_at)) AS to_ms, is_dry_run, requested_by,
    toFloat64(toUnixTimestamp64Milli(requested_at)) AS requested_at_ms, state, failure_code, failure_message,
    toFloat64(total) AS total, toFloat64(looked_at) AS looked_at, toFloat64(stored) AS stored,
    toFloat64(superseded) AS superseded, toFloat64(withdrawn) AS withdrawn, toFloat64(resolved) AS resolved,
    toFloat64(still_refused + refused) AS refused, toFloat64(unusable) AS unusable
FROM reruns
WHERE source = {source:String}
ORDER BY requested_at DESC, request_id
LIMIT 10
