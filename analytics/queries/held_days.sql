-- The days, of those given, on which a detector holds an alert that stands. One row per detector and day.
SELECT DISTINCT h.detector_id AS detector_id, toString(h.alert_day) AS day
FROM (
    SELECT v.detector_id AS detector_id, v.day AS alert_day, v.alert_id, argMax(v.change, v.version) AS last_change
    FROM alert_versions AS v
    WHERE v.day IN {days:Array(Date)}
    GROUP BY v.detector_id, v.day, v.alert_id
) AS h
WHERE h.last_change != 'withdrawn'
ORDER BY detector_id, day
