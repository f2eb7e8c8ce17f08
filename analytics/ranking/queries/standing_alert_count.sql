-- How many alerts stand. One row.
SELECT toUInt32(count()) AS alerts
FROM (
    SELECT v.alert_id AS alert_id
    FROM alert_versions AS v
    WHERE v.detector_id IN {detector_ids:Array(String)}
    GROUP BY v.alert_id
    HAVING argMax(v.change, v.version) != 'withdrawn'
)
