/* @detector
id: two_places
version: 3
title: In two places at once
status: active
severity: medium
mode: live
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 7
params:
  { minutes_max: 30, distance_m_min: 15000, sites_max: 2, unknown_distance_weight: 0.5, at_once_minutes: 10,
    network_bits: 16, network_bits_six: 48, others_max: 1, network_weight: 0.3, lookback_days: 7 }
needs: []
silenced_by: none
reason: "{staff} was active in two places at once: {changes} changes of {place} that nobody can have travelled, the quickest within {seconds} seconds, each to another device and network address where these are recorded. {distance}"
@detector */
WITH
-- The network of an address, :: where it is none.
ip -> if(isIPv4String(ip), IPv4ToIPv6(IPv4CIDRToRange(toIPv4OrDefault(ip), {network_bits:UInt8}).1),
    IPv6CIDRToRange(toIPv6OrDefault(ip), {network_bits_six:UInt8}).1) AS network_of, network_of('') AS nowhere,
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities WHERE kind IN ('shared', 'system', 'test')
),
-- Staff who were at more than one site that day, an organisation that names none being one, or used more than one device
-- from more than one network.
movers AS (
    SELECT day, staff_id_system, staff_id FROM committed_events
    WHERE day IN {days:Array(Date)} AND trigger != 'system' AND outcome IN ('success', 'unknown')
    GROUP BY day, staff_id_system, staff_id
    HAVING min(if(site_code = '', organisation_code, site_code)) != max(if(site_code = '', organisation_code, site_code))
        OR minIf(device_id, device_id != '') != max(device_id)
            AND minIf(network_of(ip_address), ip_address != '') != maxIf(network_of(ip_address), ip_address != '')
),
-- One row per staff member and day, with all that they did in its order.
days_out AS (
    SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id,
        arraySort(groupUniqArray((e.occurred_at, toString(e.source), e.event_id, toString(e.organisation_code),
            if(e.site_code = '', toString(e.organisation_code), toString(e.site_code)), e.device_id, e.ip_address,
            toString(e.role_name), network_of(e.ip_address)))) AS acts
    FROM committed_events AS e
    LEFT JOIN nobodies AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.day >= n.until
        AND (e.day, e.staff_id_system, e.staff_id) IN (SELECT day, staff_id_system, staff_id FROM movers)
    GROUP BY e.day, e.staff_id_system, e.staff_id
),
-- Changes of site or network within the time, from another device and address: a virtual desktop or a moved laptop keeps
-- one of them. is_back: the first site, or device, was active again soon after, so nobody travelled. One row per change.
changes AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, before, after, before.5 != after.5 AS is_site,
        is_moved AND (after.1 < addMinutes(before.1, {at_once_minutes:UInt32}) OR arrayExists(
            a -> a.6 = before.6 AND a.1 > after.1 AND a.1 < addMinutes(after.1, {minutes_max:UInt32}), acts)) AS is_network,
        arrayExists(a -> a.5 = before.5 AND a.1 > after.1 AND a.1 < addMinutes(after.1, {minutes_max:UInt32}), acts) AS is_back
    FROM (
        SELECT day, staff_id_system, staff_id, acts, change.1 AS before, change.2 AS after, change.3 AS is_moved
        FROM days_out
        ARRAY JOIN arrayFilter(c -> c.2.1 < addMinutes(c.1.1, {minutes_max:UInt32})
                AND NOT (c.1.6 = c.2.6 AND c.1.6 != '') AND NOT (c.1.7 = c.2.7 AND c.1.7 != '')
                AND (c.3 OR c.1.5 != c.2.5 AND (c.1.6 != '' AND c.2.6 != '' OR c.1.7 != '' AND c.2.7 != '')),
            arrayMap((b, a) -> (b, a, b.9 != a.9 AND nowhere NOT IN (b.9, a.9) AND b.6 != '' AND a.6 != ''),
                arrayPopBack(acts), arrayPopFront(acts))) AS change
    )
),
-- Who of the organisation used the first device, and who the second network, that day or in the days before: one row per
-- judged day, organisation, person and what was used.
users AS (
    SELECT judged, organisation_code, used, staff_id_system, staff_id, count() AS days_used,
        count() OVER (PARTITION BY judged, organisation_code, used) AS people
    FROM (
        SELECT DISTINCT day, organisation_code, staff_id_system, staff_id, arrayJoin([device_id, toString(network_of(ip_address))]) AS used
        FROM committed_events
        WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
            AND (organisation_code, used) IN (SELECT arrayJoin([(before.4, before.6), (after.4, toString(after.9))]) FROM changes WHERE is_network)
    )
    ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    GROUP BY judged, organisation_code, used, staff_id_system, staff_id
),
-- Addresses that more sites share than a desk has: gateways of virtual desktops and of mobile networks. They say
-- nothing of a place. One row per judged day and address.
gateways AS MATERIALIZED (
    SELECT judged, e.ip_address AS ip_address
    FROM committed_events AS e
    ARRAY JOIN arrayFilter(d -> e.day <= d AND e.day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.ip_address != '' AND e.ip_address IN (SELECT arrayJoin([before.7, after.7]) FROM changes)
    GROUP BY judged, e.ip_address
    HAVING uniqExact(e.organisation_code, e.site_code) > {sites_max:UInt32}
),
places AS (
    SELECT o.organisation_code AS organisation_code, assumeNotNull(o.latitude) AS latitude, assumeNotNull(o.longitude) AS longitude, 1 AS is_known FROM organisations AS o WHERE isNotNull(o.latitude) AND isNotNull(o.longitude)
),
-- The changes that nobody can have travelled: far apart, or of unknown distance and back again; or from a device of the
-- organisation's, or the person's usual one, to a network that hardly anybody else there uses. One row per change.
impossible AS (
    SELECT day, staff_id_system, staff_id, before, after, is_measured, metres,
        is_site AND NOT is_shared AND if(is_measured, metres >= {distance_m_min:Float64}, is_back) AS by_site
    FROM (
        SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.before AS before, c.after AS after,
            c.is_site AS is_site, c.is_network AS is_network, c.is_back AS is_back, u.uses AS uses, p.is_known = 1 AND q.is_known = 1 AS is_measured,
            if(is_measured, greatCircleDistance(p.longitude, p.latitude, q.longitude, q.latitude), 0) AS metres,
            arrayExists(ip -> (c.day, ip) IN (SELECT judged, ip_address FROM gateways), [c.before.7, c.after.7]) AS is_shared
        FROM changes AS c
        LEFT JOIN places AS p ON p.organisation_code = c.before.5
        LEFT JOIN places AS q ON q.organisation_code = c.after.5
        LEFT JOIN (
            SELECT judged, staff_id_system, staff_id, groupArray((organisation_code, used, people, days_used)) AS uses FROM users GROUP BY ALL
        ) AS u ON u.judged = c.day AND u.staff_id_system = c.staff_id_system AND u.staff_id = c.staff_id
    )
    WHERE by_site OR is_network
        AND arrayExists(used -> used.1 = before.4 AND used.2 = before.6 AND (used.3 > 1 OR used.4 > 1), uses)
        AND arrayExists(used -> used.1 = after.4 AND used.2 = toString(after.9) AND used.3 - 1 <= {others_max:UInt32}, uses)
),
-- Each organisation sees what was done in its name: one row per staff member, organisation and day.
found AS (
    SELECT day, staff_id_system, staff_id, organisation_code, uniqExact((before.2, before.3, after.2, after.3)) AS side_changes,
        max(if(by_site, metres, 0)) AS furthest, max(by_site) AS any_site,
        max(multiIf(NOT by_site, {network_weight:Float64}, is_measured, metres / (metres + {distance_m_min:Float64}), {unknown_distance_weight:Float64})) AS weight,
        uniqExactArray([before.5, after.5]) AS sites, min(dateDiff('second', before.1, after.1)) AS least_seconds,
        arraySort(groupUniqArray((side.1, side.2, side.3, side.8))) AS events
    FROM impossible
    ARRAY JOIN [before.4, after.4] AS organisation_code, [before, after] AS side
    GROUP BY day, staff_id_system, staff_id, organisation_code
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- Further, sooner and more often: higher.
    round(weight * side_changes / (side_changes + 1)
        * {minutes_max:UInt32} / ({minutes_max:UInt32} + least_seconds / dateDiff('second', day, addMinutes(day, 1))), 4) AS score,
    map('role', events[-1].4, 'sites', toString(sites), 'seconds', toString(least_seconds), 'changes', toString(side_changes),
        'place', if(any_site, 'site', 'network'),
        'distance', multiIf(furthest > 0, concat('They are up to ', toString(round(furthest)), ' metres apart.'), any_site,
            'How far apart they are is not known; the first was active again soon after.', concat('The second network is not one that others of the organisation used that day or in the ',
            toString({lookback_days:UInt32}), ' days before.'))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> event.2, events) AS sources FROM found
