-- What reviewers found, by detector and version, in the given organisations or in all, and how long it took them. The
-- latest finding of an alert counts.
SELECT detector_id, detector_version, toUInt32(countIf(finding IN {true_findings:Array(String)})) AS true_count,
    toUInt32(countIf(finding IN {false_findings:Array(String)})) AS false_count,
    toUInt32(count()) AS closed,
    quantileExact(0.5)(dateDiff('second', raised_at, closed_at)) / 86400 AS days_to_close
FROM
(
    SELECT f.alert_id AS alert_id, any(toString(f.detector_id)) AS detector_id,
        argMax(f.detector_version, (f.found_at, f.finding_id)) AS detector_version,
        argMax(toString(f.finding), (f.found_at, f.finding_id)) AS finding, max(f.found_at) AS closed_at
    FROM standing_findings AS f
    WHERE {is_all:Bool} OR f.organisation_code IN {codes:Array(String)}
    GROUP BY f.alert_id
    HAVING argMax(f.change, (f.found_at, f.finding_id)) = 'closed'
) AS closed_ones
INNER JOIN
(
    SELECT v.alert_id AS alert_id, min(v.recorded_at) AS raised_at
    FROM alert_versions AS v
    WHERE v.alert_id IN (SELECT findings.alert_id FROM findings)
        AND NOT has({own_staff:Array(String)}, concat(v.staff_id_system, '|', v.staff_id))
    GROUP BY v.alert_id
) AS raised USING (alert_id)
GROUP BY detector_id, detector_version
ORDER BY detector_id, detector_version DESC
