-- The latest version of each alert of the detector on the days.
SELECT
    v.alert_id AS alert_id, max(v.version) AS latest,
    argMax(v.change, v.version) AS last_change,
    argMax(v.detector_version, v.version) AS last_detector_version,
    argMax(v.severity, v.version) AS last_severity,
    argMax(v.staff_id_system, v.version) AS last_staff_id_system,
    argMax(v.staff_id, v.version) AS last_staff_id,
    argMax(v.organisation_code, v.version) AS last_organisation_code,
    argMax(v.patient_id, v.version) AS last_patient_id,
    toString(any(v.day)) AS alert_day,
    toUnixTimestamp64Milli(argMax(v.first_at, v.version)) AS last_first_at,
    toUnixTimestamp64Milli(argMax(v.last_at, v.version)) AS last_last_at,
    argMax(v.score, v.version) AS last_score,
    argMax(v.facts, v.version) AS last_facts,
    argMax(v.reason, v.version) AS last_reason,
    argMax(v.event_ids, v.version) AS last_event_ids,
    argMax(v.sources, v.version) AS last_sources,
    argMax(v.content_hash, v.version) AS last_content_hash
FROM alert_versions AS v
WHERE v.detector_id = {detector_id:String} AND v.day IN {days:Array(Date)}
GROUP BY v.alert_id
