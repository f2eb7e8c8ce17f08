/* @detector
id: long_day
version: 1
title: At work for longer than anyone is
status: signal
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 1
params: { hours_min: 16, rest_hours: 6, lookback_days: 1 }
needs: []
silenced_by: none
reason: "{staff} was active for {hours} hours without a break of {rest} hours: {records} records, from {devices} and {sites}."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- When a person was active, in all organisations: one row per staff member, in steps of a minute.
active AS (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id,
        arraySort(groupUniqArray((toStartOfMinute(e.occurred_at), e.day))) AS minutes
    FROM committed_events AS e
    LEFT JOIN nobodies AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.day >= n.until
    GROUP BY e.staff_id_system, e.staff_id
),
-- Stretches without a rest, of each judged day and the one before, so that a night is not cut: one row each.
stretches AS (
    SELECT staff_id_system, staff_id, judged,
        arrayFilter(m -> m.2 <= judged AND m.2 >= subtractDays(judged, {lookback_days:UInt32}), minutes) AS seen,
        arrayJoin(arraySplit((m, before) -> m.1 >= addHours(before.1, {rest_hours:UInt32}), seen,
            arrayPushFront(arrayPopBack(seen), seen[1]))) AS stretch
    FROM active
    ARRAY JOIN arrayFilter(d -> arrayExists(m -> m.2 = d, minutes), {days:Array(Date)}) AS judged
    WHERE stretch[-1].2 = judged AND stretch[-1].1 > addHours(stretch[1].1, {hours_min:UInt32})
),
-- What was done in them, in each organisation that has a part in it on the judged day.
found AS (
    SELECT s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, e.organisation_code AS organisation_code,
        s.judged AS judged, any(dateDiff('minute', s.stretch[1].1, s.stretch[-1].1)) AS length_minutes,
        argMax(e.role_name, (e.occurred_at, e.source, e.event_id)) AS role,
        uniqExactIf(e.patient_id, e.patient_id != '') AS records,
        uniqExactIf(e.device_id, e.device_id != '') AS devices, uniqExactIf(e.site_code, e.site_code != '') AS sites,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id, e.day))) AS events
    FROM committed_events AS e
    INNER JOIN stretches AS s ON s.staff_id_system = e.staff_id_system AND s.staff_id = e.staff_id
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.occurred_at >= s.stretch[1].1 AND e.occurred_at < addMinutes(s.stretch[-1].1, 1)
        AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY s.staff_id_system, s.staff_id, e.organisation_code, s.judged
    HAVING has(arrayMap(event -> event.4, events), judged)
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, judged AS day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- Each further hour says more, and so do several devices or sites.
    round(1 - {rest_hours:UInt32} / ({rest_hours:UInt32} + (length_minutes / dateDiff('minute', judged, addHours(judged, 1)) - {hours_min:UInt32})
        * greatest(1, devices, sites)), 4) AS score,
    map('role', toString(role), 'hours', toString(intDiv(length_minutes, dateDiff('minute', judged, addHours(judged, 1)))),
        'rest', toString({rest_hours:UInt32}), 'records', toString(records),
        'devices', multiIf(devices = 0, 'devices not recorded', devices = 1, 'one device', concat(toString(devices), ' devices')),
        'sites', multiIf(sites = 0, 'sites not recorded', sites = 1, 'one site', concat(toString(sites), ' sites'))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found
