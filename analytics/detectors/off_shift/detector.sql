/* @detector
id: off_shift
version: 1
title: Outside working hours
status: signal
severity: low
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 34
params:
  { margin_minutes: 60, usual_share_max: 0.01, peer_days_min: 100, organisation_weight: 0.4, inferred_weight: 0.7,
    hours_weight: 0.7, lookback_days: 34 }
needs: []
silenced_by: team
reason: "{staff} opened {records} without a link of their team {when}."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- Accesses of the days that no team's link explains, with their events: one row per event.
acts AS (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id,
        u.organisation_code AS organisation_code, u.patient_id AS patient_id, u.role AS role, u.role_name AS role_name,
        multiIf(u.strength = 'organisation', {organisation_weight:Float64}, u.strength = 'inferred', {inferred_weight:Float64}, 1) AS weight,
        e.occurred_at AS occurred_at, e.source AS source, e.event_id AS event_id,
        concat(if(formatDateTime(e.occurred_at, '%u', 'Europe/London') IN ('6', '7'), 'weekend ', 'week '),
            formatDateTime(e.occurred_at, '%H', 'Europe/London')) AS hour
    FROM committed_events AS e
    INNER JOIN unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = 1) AS u ON u.day = e.day
        AND u.staff_id_system = e.staff_id_system AND u.staff_id = e.staff_id
        AND u.organisation_code = e.organisation_code AND u.patient_id = e.patient_id
    LEFT JOIN nobodies AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.day >= n.until
),
-- Shifts on which an act could fall, and that there are any: one row per member of staff on a roster.
shifts AS (
    SELECT staff_id_system, staff_id, organisation_code, groupArray((starts_at, ends_at)) AS turns,
        min(toDate(starts_at, 'Europe/London')) AS first_day, max(toDate(ends_at, 'Europe/London')) AS last_day
    FROM rosters
    WHERE isNull(ended_at) AND toDate(ends_at, 'Europe/London') >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
        AND toDate(starts_at, 'Europe/London') <= addDays(arrayMax({days:Array(Date)}), {lookback_days:UInt32})
    GROUP BY staff_id_system, staff_id, organisation_code
),
-- In which hours of weekdays and weekends staff opened anything, by whole weeks: a row per week, hour and staff member.
worked AS (
    SELECT toMonday(a.day) AS week, a.organisation_code AS organisation_code, a.role AS role,
        a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        concat(if(formatDateTime(a.first_at, '%u', 'Europe/London') IN ('6', '7'), 'weekend ', 'week '),
            formatDateTime(a.first_at, '%H', 'Europe/London')) AS hour, groupUniqArray(a.day) AS at_work
    FROM access_links AS a
    WHERE a.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day < arrayMax({days:Array(Date)})
        AND (a.organisation_code, a.role) IN (SELECT organisation_code, role FROM acts)
    GROUP BY week, a.organisation_code, a.role, a.staff_id_system, a.staff_id, hour
),
-- Of each judged day the whole weeks before it: the days of staff in each hour, and how many in all. One row per judged
-- day, organisation and role.
habits AS (
    SELECT judged, organisation_code, role, sumMap(map(hour, toUInt64(length(at_work)))) AS by_hour,
        uniqExactArray(arrayMap(d -> (d, staff_id_system, staff_id), at_work)) AS person_days,
        groupUniqArray((hour, staff_id_system, staff_id)) AS who
    FROM worked
    ARRAY JOIN arrayFilter(d -> week < toMonday(d) AND week >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    GROUP BY judged, organisation_code, role
),
-- Acts outside a roster where there is one, else outside the hours of the role and of the person.
off AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.patient_id AS patient_id, a.role_name AS role_name, a.weight AS weight,
        (a.occurred_at, a.source, a.event_id) AS event, notEmpty(s.turns) AND a.day >= s.first_day AND a.day <= s.last_day AS is_rostered,
        h.by_hour[a.hour] / greatest(1, h.person_days) AS share
    FROM acts AS a
    LEFT JOIN shifts AS s ON s.staff_id_system = a.staff_id_system AND s.staff_id = a.staff_id AND s.organisation_code = a.organisation_code
    LEFT JOIN habits AS h ON h.judged = a.day AND h.organisation_code = a.organisation_code AND h.role = a.role
    WHERE if(is_rostered,
        NOT arrayExists(t -> a.occurred_at >= subtractMinutes(t.1, {margin_minutes:UInt32})
            AND a.occurred_at <= addMinutes(t.2, {margin_minutes:UInt32}), s.turns),
        h.person_days >= {peer_days_min:UInt32} AND share <= {usual_share_max:Float64}
            AND NOT has(h.who, (a.hour, a.staff_id_system, a.staff_id)))
),
found AS (
    SELECT day, staff_id_system, staff_id, organisation_code, argMax(role_name, event) AS role, max(is_rostered) AS by_roster,
        max(weight) AS most_weight, min(share) AS least_share, uniqExact(patient_id) AS records,
        arraySort(groupUniqArray(event)) AS events
    FROM off
    GROUP BY day, staff_id_system, staff_id, organisation_code
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- A roster says more than hours do; more records and rarer hours: higher.
    round(most_weight * records / (records + 1) * if(by_roster, 1,
        {hours_weight:Float64} * {usual_share_max:Float64} / ({usual_share_max:Float64} + least_share)), 4) AS score,
    map('role', toString(role), 'records', concat(toString(records), if(records = 1, ' record', ' records')),
        'when', if(by_roster, 'outside their shifts', concat('at hours at which neither they nor their role work: ',
            toString(round(100 * least_share)), ' % of the days of its staff'))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found
