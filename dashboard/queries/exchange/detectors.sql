-- One row per detector: what its folder says of it, and how its last run ended.
WITH
    runs AS
    (
        SELECT detector_id, argMax(status, started_at) AS run_status, argMax(detail, started_at) AS run_detail,
            toFloat64(toUnixTimestamp64Milli(max(started_at))) AS run_at
        FROM detector_runs
        WHERE NOT is_dry_run
        GROUP BY detector_id
    ),
    known AS
    (
        SELECT detector_id, argMax(title, recorded_at) AS known_title,
            argMax(needs, recorded_at) AS known_needs, argMax(readme, recorded_at) AS known_readme,
            argMax(status, recorded_at) AS ceiling, argMax(silenced_by, recorded_at) AS known_silenced_by,
            toUInt32(JSONExtractUInt(argMax(params, recorded_at), 'lookback_days')) AS lookback_days
        FROM detector_versions
        GROUP BY detector_id
    )
SELECT detector_id, known_title AS title, known_needs AS needs, known_readme AS readme, ceiling,
    known_silenced_by AS silenced_by, lookback_days, run_status, run_detail, run_at
FROM known
LEFT JOIN runs USING (detector_id)
ORDER BY detector_id
