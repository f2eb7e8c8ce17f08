-- The oldest request to run something again that is not at its end.
SELECT request_id, toString(source) AS source, toString(code) AS code,
    toInt64(ifNull(toUnixTimestamp64Milli(from_at), 0)) AS received_from,
    toInt64(ifNull(toUnixTimestamp64Milli(to_at), toUnixTimestamp64Milli(requested_at) + 1)) AS received_to,
    is_dry_run, requested_by
FROM reruns
WHERE state IN ('waiting', 'running')
ORDER BY requested_at, request_id
LIMIT 1
