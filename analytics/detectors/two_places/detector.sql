/* @detector
id: two_places
version: 1
title: In two places at once
status: active
severity: medium
mode: live
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 7
params: { minutes_max: 30, distance_m_min: 15000, sites_max: 2, unknown_distance_weight: 0.5, lookback_days: 7 }
needs: []
silenced_by: none
reason: "{staff} was active at {sites} sites at once: {changes} changes of site that nobody can have travelled, the quickest within {seconds} seconds, each to another device and network address where these are recorded. {distance}"
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- Staff who were at more than one site that day; an organisation that names none is one. One row per staff member and
-- day, with all that they did in its order.
days_out AS (
    SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id,
        arraySort(groupUniqArray((e.occurred_at, toString(e.source), e.event_id, toString(e.organisation_code),
            if(e.site_code = '', toString(e.organisation_code), toString(e.site_code)), e.device_id, e.ip_address,
            toString(e.role_name)))) AS acts
    FROM committed_events AS e
    LEFT JOIN nobodies AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.day >= n.until
    GROUP BY e.day, e.staff_id_system, e.staff_id
    HAVING uniqExact(if(e.site_code = '', e.organisation_code, e.site_code)) > 1
),
-- Changes of site within the time, from another device and address: a virtual desktop or a moved laptop keeps one of
-- them. is_back: the first site was active again soon after, so nobody travelled. One row per change.
changes AS (
    SELECT day, staff_id_system, staff_id,
        arrayJoin(arrayFilter(c -> c.1.5 != c.2.5 AND c.2.1 < addMinutes(c.1.1, {minutes_max:UInt32})
            AND NOT (c.1.6 = c.2.6 AND c.1.6 != '') AND NOT (c.1.7 = c.2.7 AND c.1.7 != '')
            AND (c.1.6 != '' AND c.2.6 != '' OR c.1.7 != '' AND c.2.7 != ''),
            arrayZip(arrayPopBack(acts), arrayPopFront(acts)))) AS change,
        change.1 AS before, change.2 AS after,
        arrayExists(a -> a.5 = before.5 AND a.1 > after.1 AND a.1 < addMinutes(after.1, {minutes_max:UInt32}), acts) AS is_back
    FROM days_out
),
-- Addresses that more sites share than a desk has: gateways of virtual desktops and of mobile networks. They say
-- nothing of a place. One row per judged day and address.
gateways AS (
    SELECT judged, e.ip_address AS ip_address
    FROM committed_events AS e
    ARRAY JOIN arrayFilter(d -> e.day <= d AND e.day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.ip_address != '' AND e.ip_address IN (SELECT arrayJoin([before.7, after.7]) FROM changes)
    GROUP BY judged, e.ip_address
    HAVING uniqExact(e.organisation_code, e.site_code) > {sites_max:UInt32}
),
places AS (
    SELECT o.organisation_code AS organisation_code, assumeNotNull(o.latitude) AS latitude, assumeNotNull(o.longitude) AS longitude,
        1 AS is_known
    FROM organisations AS o
    WHERE isNotNull(o.latitude) AND isNotNull(o.longitude)
),
-- The changes that nobody can have travelled: far apart, or of unknown distance and back again. One row per change.
impossible AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.before AS before, c.after AS after,
        p.is_known = 1 AND q.is_known = 1 AS is_measured,
        if(is_measured, greatCircleDistance(p.longitude, p.latitude, q.longitude, q.latitude), 0) AS metres
    FROM changes AS c
    LEFT JOIN places AS p ON p.organisation_code = c.before.5
    LEFT JOIN places AS q ON q.organisation_code = c.after.5
    WHERE (c.day, c.before.7) NOT IN (SELECT judged, ip_address FROM gateways)
        AND (c.day, c.after.7) NOT IN (SELECT judged, ip_address FROM gateways)
        AND if(is_measured, metres >= {distance_m_min:Float64}, c.is_back)
),
-- Each organisation sees what was done in its name: one row per staff member, organisation and day.
found AS (
    SELECT day, staff_id_system, staff_id, organisation_code, uniqExact((before.2, before.3, after.2, after.3)) AS side_changes, max(metres) AS furthest,
        uniqExactArray([before.5, after.5]) AS sites, min(dateDiff('second', before.1, after.1)) AS least_seconds,
        arraySort(groupUniqArray((side.1, side.2, side.3, side.8))) AS events
    FROM impossible
    ARRAY JOIN [before.4, after.4] AS organisation_code, [before, after] AS side
    GROUP BY day, staff_id_system, staff_id, organisation_code
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- Further, sooner and more often: higher.
    round(if(furthest > 0, furthest / (furthest + {distance_m_min:Float64}), {unknown_distance_weight:Float64})
        * side_changes / (side_changes + 1)
        * {minutes_max:UInt32} / ({minutes_max:UInt32} + least_seconds / dateDiff('second', day, addMinutes(day, 1))), 4) AS score,
    map('role', events[-1].4, 'sites', toString(sites), 'seconds', toString(least_seconds), 'changes', toString(side_changes),
        'distance', if(furthest > 0, concat('They are up to ', toString(round(furthest)), ' metres apart.'),
            'How far apart they are is not known; the first was active again soon after.')) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> event.2, events) AS sources
FROM found
