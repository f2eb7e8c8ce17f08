-- What the newest version of a detector says of itself. At most one row.
SELECT detector_id, argMax(d.version, d.recorded_at) AS code_version, argMax(d.severity, d.recorded_at) AS severity,
    argMax(d.mode, d.recorded_at) AS mode, argMax(d.silenced_by, d.recorded_at) AS silenced_by,
    argMax(d.params, d.recorded_at) AS params
FROM detector_versions AS d
WHERE {detector_id:String} = '' OR d.detector_id = {detector_id:String}
GROUP BY detector_id
ORDER BY detector_id
