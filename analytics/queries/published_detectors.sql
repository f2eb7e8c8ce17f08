-- What was last told of each detector.
SELECT detector_id, argMax(d.content_hash, d.recorded_at) AS latest_hash
FROM detector_versions AS d
GROUP BY d.detector_id
