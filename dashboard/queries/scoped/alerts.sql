-- One page of alerts of the viewer's organisations: open and severe first, then the latest. Of detectors that are active
-- there: what adds to the rank of others, and what is only measured, stands in no list.
-- Who it was is as the events recorded it at the time, else as the staff feed knows them.
WITH
    page AS MATERIALIZED
    (
        SELECT alert_id, detector_id, severity, status, staff_id_system, staff_id, organisation_code, day, last_at
        FROM alerts
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
            AND (
                (detector_id, organisation_code) IN (
                    SELECT s.detector_id, s.organisation_code FROM detector_statuses AS s
                    WHERE s.organisation_code != '' AND s.status NOT IN ('shadow', 'signal')
                )
                OR (
                    detector_id NOT IN (
                        SELECT s.detector_id FROM detector_statuses AS s
                        WHERE s.organisation_code = '' AND s.status IN ('shadow', 'signal')
                    )
                    AND (detector_id, organisation_code) NOT IN (
                        SELECT s.detector_id, s.organisation_code FROM detector_statuses AS s
                        WHERE s.organisation_code != '' AND s.status IN ('shadow', 'signal')
                    )
                )
            )
            AND ({detector_id:String} = '' OR detector_id = {detector_id:String})
            AND ({severity:String} = '' OR severity = {severity:String})
            AND ({status:String} = '' OR status = {status:String})
            AND ({organisation_code:String} = '' OR organisation_code = {organisation_code:String})
        ORDER BY status = 'open' DESC, indexOf(['low', 'medium', 'high'], severity) DESC, last_at DESC, alert_id
        LIMIT {rows:UInt32} OFFSET {from_row:UInt32}
    ),
    -- Sentences and events are most of what there is of an alert, so they are read of one page alone.
    told AS
    (
        SELECT alert_id, reason, change_reason, length(event_ids) AS events
        FROM alerts
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
            AND alert_id IN (SELECT alert_id FROM page)
    ),
    recorded AS
    (
        SELECT day, organisation_code, staff_id_system, staff_id,
            argMax(staff_name, (staff_name != '', occurred_at)) AS recorded_name,
            argMax(role_name, (role_name != '', occurred_at)) AS recorded_role
        FROM committed_events
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND (day, organisation_code, staff_id) IN (SELECT day, organisation_code, staff_id FROM page)
        GROUP BY day, organisation_code, staff_id_system, staff_id
    ),
    known AS
    (
        SELECT staff_id_system, staff_id, organisation_code, name AS known_name, role_name AS known_role
        FROM staff
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM page)
    ),
    places AS
    (
        SELECT organisation_code, name AS organisation_name
        FROM organisations
        WHERE organisation_code IN {organisation_codes:Array(String)}
    )
SELECT alert_id, detector_id, severity, status, reason, change_reason, page.staff_id AS staff_id,
    page.organisation_code AS organisation_code, organisation_name,
    if(recorded_name != '', recorded_name, known_name) AS staff_name,
    if(recorded_role != '', recorded_role, known_role) AS role_name,
    toFloat64(toUnixTimestamp64Milli(last_at)) AS last_at_ms, toUInt32(events) AS events
FROM page
LEFT JOIN told USING (alert_id)
LEFT JOIN recorded USING (day, organisation_code, staff_id_system, staff_id)
LEFT JOIN known USING (staff_id_system, staff_id, organisation_code)
LEFT JOIN places USING (organisation_code)
ORDER BY status = 'open' DESC, indexOf(['low', 'medium', 'high'], severity) DESC, page.last_at DESC, alert_id
