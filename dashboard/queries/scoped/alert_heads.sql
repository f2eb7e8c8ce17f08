-- What a finding on some alerts is recorded against: their version, detector and score now.
SELECT alert_id, toUInt32(max(v.version)) AS alert_version, argMax(v.detector_id, v.version) AS detector_id,
    argMax(v.detector_version, v.version) AS detector_version, argMax(v.score, v.version) AS score,
    argMax(v.organisation_code, v.version) AS alert_organisation_code
FROM alert_versions AS v
WHERE v.alert_id IN {alert_ids:Array(String)} AND v.organisation_code IN {organisation_codes:Array(String)}
    AND NOT has({own_staff:Array(String)}, concat(v.staff_id_system, '|', v.staff_id))
GROUP BY alert_id
