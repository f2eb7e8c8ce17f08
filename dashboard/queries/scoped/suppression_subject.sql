-- Whom a suppression that is made from an alert is about. At most one row.
SELECT detector_id, staff_id_system, staff_id, patient_id, organisation_code
FROM alerts
WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
    AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
