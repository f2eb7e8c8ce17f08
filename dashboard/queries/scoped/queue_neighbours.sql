-- The item of the queue that an alert is in, with those before and after it under the same filters. No row, where the
-- queue does not hold the alert; what is closed leaves it with the next build.
WITH ordered AS
(
    SELECT item_id, alert_ids, closed_alert_ids, signal_alert_ids,
        row_number() OVER working AS position, count() OVER () AS items,
        lagInFrame(alert_ids[1], 1, '') OVER working AS previous_alert_id,
        leadInFrame(alert_ids[1], 1, '') OVER working AS next_alert_id
    FROM queue_entries
    WHERE organisation_code IN {organisation_codes:Array(String)}
        AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
        AND ({detector_id:String} = '' OR has(detector_ids, {detector_id:String}))
        AND ({severity:String} = '' OR severity = {severity:String})
        AND ({lane:String} = '' OR lane = {lane:String})
        AND ({organisation_code:String} = '' OR organisation_code = {organisation_code:String})
        AND ({show:String} = 'all' OR (place > 0) = ({show:String} = 'budget'))
    WINDOW working AS (
        ORDER BY place = 0, lane = 'danger' DESC, place, rank
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
)
SELECT item_id, arraySlice(alert_ids, 1, 50) AS some_alert_ids, arraySlice(closed_alert_ids, 1, 20) AS some_closed_ids,
    arraySlice(signal_alert_ids, 1, 20) AS some_signal_ids, toUInt32(position) AS position, toUInt32(items) AS items,
    previous_alert_id, next_alert_id
FROM ordered
WHERE has(alert_ids, {alert_id:String}) OR has(closed_alert_ids, {alert_id:String})
    OR has(signal_alert_ids, {alert_id:String})
LIMIT 1
