-- What has become of the accesses of alerts that are no longer true: whether there are events of a person's own hand,
-- and the explanations that silence. One row per access that still has events.
SELECT
    toString(e.day) AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id,
    e.organisation_code AS organisation_code, e.patient_id AS patient_id,
    countIf(e.trigger != 'system' AND e.outcome IN ('success', 'unknown')) AS user_events,
    arraySort(groupUniqArrayIf(x.explanation_id, x.explanation_id != '')) AS explanation_ids
FROM committed_events AS e
LEFT JOIN (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, toString(explanation_id) AS explanation_id
    FROM access_explanations
    WHERE day IN {days:Array(Date)} AND patient_id IN {patient_ids:Array(String)}
        AND toInt8(strength) >= {strength_min:Int8}
) AS x ON x.day = e.day AND x.staff_id_system = e.staff_id_system AND x.staff_id = e.staff_id
    AND x.organisation_code = e.organisation_code AND x.patient_id = e.patient_id
WHERE e.day IN {days:Array(Date)} AND e.patient_id IN {patient_ids:Array(String)}
GROUP BY e.day, e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id
