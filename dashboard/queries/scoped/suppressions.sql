-- The suppressions of the viewer's organisations, those in force first, with the open alerts that each leaves out now. A
-- patient is not told: what is suppressed is reached from its alert.
WITH
    made AS
    (
        SELECT suppression_id, organisation_code, detector_id, staff_id_system, staff_id, patient_id, owner, reason AS why, expires_at,
            hidden_before, made_at, ended_at,
            made.expires_at > {now:DateTime64(3, 'UTC')} AND isNull(made.ended_at) AS is_in_force
        FROM suppressions_made AS made
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(made.staff_id_system, '|', made.staff_id))
    ),
    standing AS
    (
        SELECT argMax(toString(v.detector_id), v.version) AS of_detector, argMax(toString(v.staff_id_system), v.version) AS of_system,
            argMax(v.staff_id, v.version) AS of_staff, argMax(v.patient_id, v.version) AS of_patient,
            argMax(toString(v.organisation_code), v.version) AS of_organisation
        FROM alert_versions AS v
        WHERE v.organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(v.staff_id_system, '|', v.staff_id))
            AND v.alert_id NOT IN (SELECT closed_alerts.alert_id FROM closed_alerts)
        GROUP BY v.alert_id
        HAVING argMax(v.change, v.version) != 'withdrawn'
    ),
    effects AS
    (
        SELECT suppression_id AS of_suppression, count() AS hidden_now
        FROM standing
        INNER JOIN made ON made.organisation_code = standing.of_organisation
        WHERE made.is_in_force
            AND (made.detector_id = '' OR made.detector_id = of_detector)
            AND (made.staff_id = '' OR (made.staff_id = of_staff AND made.staff_id_system = of_system))
            AND (made.patient_id = '' OR made.patient_id = of_patient)
        GROUP BY of_suppression
    )
SELECT suppression_id, organisation_code, detector_id, staff_id, patient_id != '' AS is_of_patient, owner, why,
    toFloat64(toUnixTimestamp64Milli(expires_at)) AS expires_at_ms, hidden_before,
    toFloat64(toUnixTimestamp64Milli(made_at)) AS made_at_ms,
    toFloat64(toUnixTimestamp64Milli(assumeNotNull(ended_at))) AS ended_at_ms, is_in_force,
    toUInt32(hidden_now) AS hidden_now
FROM made
LEFT JOIN effects ON effects.of_suppression = made.suppression_id
ORDER BY is_in_force DESC, expires_at_ms, suppression_id
LIMIT 200
