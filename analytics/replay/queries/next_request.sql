-- The oldest request that is not done: one that is waiting, or one that a process left half-way.
SELECT request_id, detector_id, organisation_code, params, toString(from_day) AS from, toString(to_day) AS to
FROM replays
WHERE state IN ('waiting', 'running')
ORDER BY requested_at, request_id
LIMIT 1
