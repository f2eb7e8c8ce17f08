-- One request to run something again, with what became of it so far.
SELECT request_id, state, failure_code, failure_message, toUInt32(total) AS total, toUInt32(looked_at) AS looked_at,
    toUInt32(stored) AS stored, toUInt32(superseded) AS superseded, toUInt32(withdrawn) AS withdrawn,
    toUInt32(resolved) AS resolved, toUInt32(refused) AS refused, toUInt32(still_refused) AS still_refused,
    toUInt32(unchanged) AS unchanged, toUInt32(unusable) AS unusable, examples
FROM reruns
WHERE request_id = {request_id:String}
