-- How many alerts stand. One row per detector.
SELECT detector_id, toFloat64(count()) AS alerts
FROM (
    SELECT v.alert_id AS alert_id, v.detector_id AS detector_id
    FROM alert_versions AS v
    WHERE v.detector_id IN {detector_ids:Array(String)}
    GROUP BY v.alert_id, v.detector_id
    HAVING argMax(v.change, v.version) != 'withdrawn'
)
GROUP BY detector_id
