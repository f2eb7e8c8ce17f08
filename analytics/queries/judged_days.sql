-- Up to which load the detector's version judged each day.
SELECT toString(day) AS day, max(j.load_seq) AS load_seq
FROM judged_days AS j
WHERE j.detector_id = {detector_id:String} AND j.detector_version = {detector_version:String}
GROUP BY j.day
