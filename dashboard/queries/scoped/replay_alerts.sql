-- The alerts of the viewer's organisations that would come or go by some requests: once each, should a request have been
-- begun anew. A sentence of an alert that never stood is not read: nobody can say yet whether it may be told.
SELECT request_id, change, alert_id, toString(day) AS day, score, finding
FROM replay_alerts
WHERE request_id IN {request_ids:Array(String)} AND organisation_code IN {organisation_codes:Array(String)}
    AND alert_id NOT IN
    (
        SELECT v.alert_id
        FROM alert_versions AS v
        WHERE v.organisation_code IN {organisation_codes:Array(String)}
            AND has({own_staff:Array(String)}, concat(v.staff_id_system, '|', v.staff_id))
    )
ORDER BY finding = '', replay_alerts.day DESC, alert_id
LIMIT 1 BY request_id, alert_id
LIMIT 400
