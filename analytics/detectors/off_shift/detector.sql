/* @detector
id: off_shift
version: 3
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
needs: [care_relationships]
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
-- Shifts on which an access could fall, and that there are any: one row per member of staff on a roster.
shifts AS MATERIALIZED (
    SELECT staff_id_system, staff_id, organisation_code,
        groupArray((starts_at, ends_at, toDate(starts_at, 'Europe/London'), toDate(ends_at, 'Europe/London'))) AS turns
    FROM rosters
    WHERE isNull(ended_at) AND toDate(ends_at, 'Europe/London') >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
        AND toDate(starts_at, 'Europe/London') <= addDays(arrayMax({days:Array(Date)}), {lookback_days:UInt32})
    GROUP BY staff_id_system, staff_id, organisation_code
),
-- The weeks' days of staff on which they opened anything, all and by hour of weekdays or weekends: a row per week, kind
-- of day, organisation and role.
worked AS (
    SELECT toMonday(c.day) AS week, organisation_code, role, formatDateTime(c.day, '%u') IN ('6', '7') AS is_weekend,
        sum(c.people) AS person_days, sumMap(mapKeys(c.hours), arrayMap(n -> toUInt64(n), mapValues(c.hours))) AS by_hour
    FROM link_coverage AS c
    WHERE c.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND c.day < arrayMax({days:Array(Date)})
    GROUP BY week, organisation_code, role, is_weekend
),
-- Of each judged day the whole weeks before it: one row per judged day, organisation and role, with the hours of its kind.
habits AS MATERIALIZED (
    SELECT judged, organisation_code, role, sum(w.person_days) AS person_days,
        sumMapIf(mapFromArrays(w.by_hour.1, w.by_hour.2), w.is_weekend = (formatDateTime(judged, '%u') IN ('6', '7'))) AS by_hour
    FROM worked AS w
    ARRAY JOIN arrayFilter(d -> week < toMonday(d) AND week >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    GROUP BY judged, organisation_code, role
),
-- Accesses of the days that no team's link explains and that fall, in part at least, outside a roster where there is one
-- with shifts on the day or on both sides of it, else in hours that are rare in the role: one row per access. Shifts are
-- near the day and not the batch, so that it does not matter which days are judged together.
accesses AS MATERIALIZED (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.patient_id AS patient_id, a.role AS role, a.role_name AS role_name,
        multiIf(a.strength = 'organisation', {organisation_weight:Float64}, a.strength = 'inferred', {inferred_weight:Float64}, 1) AS weight,
        arrayExists(t -> t.3 <= a.day AND t.4 >= subtractDays(a.day, {lookback_days:UInt32}), s.turns)
            AND arrayExists(t -> t.4 >= a.day AND t.3 <= addDays(a.day, {lookback_days:UInt32}), s.turns) AS is_rostered
    FROM access_links AS a
    LEFT JOIN nobodies AS n ON n.staff_id_system = a.staff_id_system AND n.staff_id = a.staff_id
    LEFT JOIN shifts AS s ON s.staff_id_system = a.staff_id_system AND s.staff_id = a.staff_id AND s.organisation_code = a.organisation_code
    LEFT JOIN habits AS h ON h.judged = a.day AND h.organisation_code = a.organisation_code AND h.role = a.role
    WHERE a.day IN {days:Array(Date)} AND NOT (a.strength >= 'team' OR has(a.explanation_ids, 'team_unknown')) AND a.day >= n.until AND if(is_rostered,
        NOT arrayExists(t -> a.first_at >= subtractMinutes(t.1, {margin_minutes:UInt32})
            AND a.last_at <= addMinutes(t.2, {margin_minutes:UInt32}), s.turns),
        h.person_days >= {peer_days_min:UInt32} AND arrayExists(
            hour -> h.by_hour[toUInt8(hour)] / greatest(1, h.person_days) <= {usual_share_max:Float64},
            range(toHour(a.first_at, 'Europe/London'), toHour(a.last_at, 'Europe/London') + 1)))
),
-- In which hours of weekdays and weekends those people opened anything: one row per person, role and hour.
own_hours AS (
    SELECT organisation_code, role, staff_id_system, staff_id, formatDateTime(day, '%u') IN ('6', '7') AS is_weekend,
        toHour(first_at, 'Europe/London') AS hour, groupUniqArray(toMonday(day)) AS weeks
    FROM access_links
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day < arrayMax({days:Array(Date)})
        AND (organisation_code, staff_id) IN (SELECT organisation_code, staff_id FROM accesses WHERE NOT is_rostered)
    GROUP BY organisation_code, role, staff_id_system, staff_id, is_weekend, hour
),
-- The events of these accesses that are so themselves, and at hours at which the person did not work either.
off AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.patient_id AS patient_id, a.role_name AS role_name, a.weight AS weight,
        (e.occurred_at, e.source, e.event_id) AS event, a.is_rostered AS is_rostered,
        h.by_hour[toHour(e.occurred_at, 'Europe/London')] / greatest(1, h.person_days) AS share
    FROM committed_events AS e
    INNER JOIN accesses AS a ON a.day = e.day AND a.staff_id_system = e.staff_id_system AND a.staff_id = e.staff_id
        AND a.organisation_code = e.organisation_code AND a.patient_id = e.patient_id
    LEFT JOIN shifts AS s ON s.staff_id_system = a.staff_id_system AND s.staff_id = a.staff_id AND s.organisation_code = a.organisation_code
    LEFT JOIN habits AS h ON h.judged = a.day AND h.organisation_code = a.organisation_code AND h.role = a.role
    LEFT JOIN own_hours AS o ON o.organisation_code = a.organisation_code AND o.role = a.role AND o.staff_id_system = a.staff_id_system
        AND o.staff_id = a.staff_id AND o.is_weekend = (formatDateTime(a.day, '%u') IN ('6', '7')) AND o.hour = toHour(e.occurred_at, 'Europe/London')
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND (e.day, e.organisation_code, e.staff_id) IN (SELECT day, organisation_code, staff_id FROM accesses)
        AND if(a.is_rostered,
            NOT arrayExists(t -> e.occurred_at >= subtractMinutes(t.1, {margin_minutes:UInt32})
                AND e.occurred_at <= addMinutes(t.2, {margin_minutes:UInt32}), s.turns),
            h.person_days >= {peer_days_min:UInt32} AND share <= {usual_share_max:Float64}
                AND NOT arrayExists(week -> week < toMonday(a.day) AND week >= subtractDays(a.day, {lookback_days:UInt32}), o.weeks))
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
