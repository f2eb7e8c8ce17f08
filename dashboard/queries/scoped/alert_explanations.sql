-- The explanations of the access that an alert is about, strongest first, each with the relationship behind it.
WITH
    this AS MATERIALIZED
    (
        SELECT staff_id_system, staff_id, organisation_code, patient_id,
            toDate(first_at, 'Europe/London') AS first_day, toDate(last_at, 'Europe/London') AS last_day
        FROM alerts
        WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
    ),
    explained AS MATERIALIZED
    (
        SELECT explanation_id, max(strength) AS strongest, argMax(evidence, strength) AS relationship_id
        FROM access_explanations
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND day >= (SELECT first_day FROM this) AND day <= (SELECT last_day FROM this)
            AND (staff_id_system, staff_id, organisation_code, patient_id) IN
                (SELECT staff_id_system, staff_id, organisation_code, patient_id FROM this)
        GROUP BY explanation_id
    ),
    behind AS
    (
        SELECT relationship_id, kind, toFloat64(toUnixTimestamp64Milli(starts_at)) AS from_ms,
            toFloat64(toUnixTimestamp64Milli(ends_at)) AS to_ms
        FROM care_relationships
        WHERE relationship_id IN (SELECT relationship_id FROM explained)
    )
SELECT explanation_id, toString(strongest) AS strength, kind, from_ms, to_ms
FROM explained
LEFT JOIN behind USING (relationship_id)
ORDER BY strongest DESC, explanation_id
