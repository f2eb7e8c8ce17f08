-- Only the highest load up to which a version judged a day matters.
ALTER TABLE judged_days DELETE
WHERE (detector_id, detector_version, day, load_seq) NOT IN (
    SELECT j.detector_id, j.detector_version, j.day, max(j.load_seq)
    FROM judged_days AS j
    GROUP BY j.detector_id, j.detector_version, j.day
)
