-- What a suppression would have left out: alerts of the viewer's organisation of the 90 days up to a day, by detector and
-- by what became of them. `like` is the alert that it is made from.
WITH
    like_this AS
    (
        SELECT detector_id, staff_id_system, staff_id, patient_id, organisation_code
        FROM alerts
        WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
    )
SELECT detector_id, toUInt32(count()) AS alerts,
    toUInt32(countIf(status = 'open')) AS open_ones, toUInt32(countIf(found IN {true_findings:Array(String)})) AS found_true,
    toUInt32(countIf(found IN {false_findings:Array(String)})) AS found_false
FROM
(
    SELECT alert_id, detector_id, status, finding AS found
    FROM alerts
    LEFT JOIN closed_alerts USING (alert_id)
    WHERE organisation_code IN {organisation_codes:Array(String)}
        AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
        AND organisation_code IN (SELECT organisation_code FROM like_this)
        AND day > {to_day:Date} - 90 AND day <= {to_day:Date}
        AND (NOT {is_of_detector:Bool} OR detector_id IN (SELECT detector_id FROM like_this))
        AND (NOT {is_of_staff:Bool} OR (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM like_this))
        AND (NOT {is_of_patient:Bool} OR patient_id IN (SELECT patient_id FROM like_this))
)
GROUP BY detector_id
ORDER BY alerts DESC, detector_id
