-- Up to which load each version of the detectors judged each day.
SELECT detector_id, detector_version, toString(day) AS day, max(j.load_seq) AS load_seq
FROM judged_days AS j
WHERE j.detector_id IN {detector_ids:Array(String)}
GROUP BY j.detector_id, j.detector_version, j.day
