-- What people concluded, by detector, version and band of the score. What was not determined says nothing of a
-- detector, and what later evidence withdrew was not a reviewer's judgement of it.
SELECT f.detector_id AS detector_id, f.detector_version AS detector_version,
    toUInt8(least({score_bands:UInt8} - 1, floor(greatest(f.score, 0) * {score_bands:UInt8}))) AS band,
    toUInt32(countIf(f.finding IN {true_findings:Array(String)})) AS true_count,
    toUInt32(countIf(f.finding NOT IN {true_findings:Array(String)})) AS false_count
FROM standing_findings AS f
WHERE f.finding NOT IN ('not_determined', 'withdrawn_late_evidence', '')
    AND (f.alert_id, f.finding_id) IN (
        SELECT l.alert_id, argMax(l.finding_id, (l.found_at, l.finding_id))
        FROM standing_findings AS l
        GROUP BY l.alert_id
    )
GROUP BY detector_id, detector_version, band
