-- Whether an alert of the viewer's organisations is about the viewer: one row where it is.
SELECT alert_id
FROM alerts
WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
    AND has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
