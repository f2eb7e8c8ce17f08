-- One page of the queue of the viewer's organisations, in the order in which it is worked: possible dangers first, then
-- each organisation's places in turn, then what falls below the budget by its rank.
-- Who it was is as the events recorded it at the time, else as the staff feed knows them.
WITH
    -- Where the viewer's own items stand, which they are not shown: those behind move up, so that no gap tells of them.
    own AS
    (
        SELECT organisation_code, groupArray(place) AS own_places, groupArray(rank_in_organisation) AS own_ranks
        FROM queue_entries
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
        GROUP BY organisation_code
    ),
    page AS MATERIALIZED
    (
        SELECT item_id, queue_entries.place AS build_place, queue_entries.rank_in_organisation AS build_rank, rank,
            organisation_code, staff_id_system, staff_id, severity, lane,
            first_at, last_at, toDate(last_at, 'Europe/London') AS day, expected_yield, grouping_reason,
            length(patient_ids) AS patients,
            arraySlice(alert_ids, 1, 12) AS some_alert_ids, length(alert_ids) AS alerts,
            length(closed_alert_ids) AS closed, arraySlice(signal_alert_ids, 1, 6) AS some_signal_ids,
            length(signal_alert_ids) AS signals
        FROM queue_entries
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
            AND ({detector_id:String} = '' OR has(detector_ids, {detector_id:String}))
            AND ({severity:String} = '' OR severity = {severity:String})
            AND ({lane:String} = '' OR lane = {lane:String})
            AND ({organisation_code:String} = '' OR organisation_code = {organisation_code:String})
            AND ({show:String} = 'all' OR (build_place > 0) = ({show:String} = 'budget'))
        ORDER BY build_place = 0, lane = 'danger' DESC, build_place, rank
        LIMIT {rows:UInt32} OFFSET {from_row:UInt32}
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
SELECT item_id, toUInt32(build_place - arrayCount(own_place -> own_place > 0 AND own_place < build_place, own_places)) AS place,
    toUInt32(build_rank - arrayCount(own_rank -> own_rank < build_rank, own_ranks)) AS rank_in_organisation,
    page.organisation_code AS organisation_code, organisation_name,
    page.staff_id AS staff_id, severity, lane, expected_yield, grouping_reason, toUInt32(patients) AS patients,
    some_alert_ids, toUInt32(alerts) AS alerts, toUInt32(closed) AS closed, some_signal_ids, toUInt32(signals) AS signals,
    if(recorded_name != '', recorded_name, known_name) AS staff_name,
    if(recorded_role != '', recorded_role, known_role) AS role_name,
    toFloat64(toUnixTimestamp64Milli(first_at)) AS first_at_ms, toFloat64(toUnixTimestamp64Milli(last_at)) AS last_at_ms
FROM page
LEFT JOIN recorded USING (day, organisation_code, staff_id_system, staff_id)
LEFT JOIN known USING (staff_id_system, staff_id, organisation_code)
LEFT JOIN places USING (organisation_code)
LEFT JOIN own USING (organisation_code)
ORDER BY build_place = 0, lane = 'danger' DESC, build_place, rank
