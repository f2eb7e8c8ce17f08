/* @detector
id: rapid_browsing
version: 3
title: More records than anyone can read
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params:
  { minute_max: 10, window_max: 60, window_minutes: 10, peers_share_max: 0.1, peers_min: 4, linked_weight: 0.4,
    role_weight: 20, person_weight: 20, lookback_days: 28, prefetch_applications: "" }
needs: []
silenced_by: none
reason: "{staff} opened {in_a_minute} records within one minute and {in_the_window} within {window_minutes} minutes, {unlinked} % without a link of their team. Of {peers} others in the role that day, {fast_peers} were as fast; of {users} of the application ({application}), {fast_users}; of 100 full days before, an estimated {usual} (from {peer_days} of others, {own_days} of theirs)."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id, if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities WHERE kind IN ('shared', 'system', 'test')
),
-- Staff whose events come so fast, of however many records: nobody else can have been. One row per staff member,
-- organisation and day. One more than the most within the time: the last of so many comes too soon after the first.
hurried AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code
    FROM (
        SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code, arraySort(groupArray(e.occurred_at)) AS times
        FROM committed_events AS e WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.patient_id != ''
            AND NOT (e.application != '' AND has(splitByChar(',', {prefetch_applications:String}), e.application))
        GROUP BY e.day, e.staff_id_system, e.staff_id, e.organisation_code HAVING count() > least({minute_max:UInt32}, {window_max:UInt32})
    )
    WHERE arrayExists((first, last) -> last < addMinutes(first, 1), arraySlice(times, 1, greatest(0, length(times) - {minute_max:UInt32})), arraySlice(times, {minute_max:UInt32} + 1))
        OR arrayExists((first, last) -> last < addMinutes(first, {window_minutes:UInt32}), arraySlice(times, 1, greatest(0, length(times) - {window_max:UInt32})), arraySlice(times, {window_max:UInt32} + 1))
),
-- What these first opened by their own hand: one row per access. Going to and fro between two is no haste.
opened AS (
    SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code, e.patient_id AS patient_id, min((e.occurred_at, e.source, e.event_id)) AS opening
    FROM committed_events AS e
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.patient_id != ''
        AND NOT (e.application != '' AND has(splitByChar(',', {prefetch_applications:String}), e.application))
        AND (e.day, e.staff_id_system, e.staff_id, e.organisation_code) IN (SELECT day, staff_id_system, staff_id, organisation_code FROM hurried)
    GROUP BY e.day, e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id
),
-- Who was fast: one row per staff member, organisation and day.
fast AS MATERIALIZED (
    SELECT g.* FROM (
        SELECT day, staff_id_system, staff_id, organisation_code, openings, arrayMap(a -> a.1.1, openings) AS times
        FROM (SELECT day, staff_id_system, staff_id, organisation_code, arraySort(groupArray((opening, patient_id))) AS openings FROM opened GROUP BY day, staff_id_system, staff_id, organisation_code)
    ) AS g
    WHERE arrayExists((first, last) -> last < addMinutes(first, 1), arraySlice(times, 1, greatest(0, length(times) - {minute_max:UInt32})), arraySlice(times, {minute_max:UInt32} + 1))
        OR arrayExists((first, last) -> last < addMinutes(first, {window_minutes:UInt32}), arraySlice(times, 1, greatest(0, length(times) - {window_max:UInt32})), arraySlice(times, {window_max:UInt32} + 1))
),
-- The days of those roles, in organisations of the type, on which so many records were opened, judged and before; how many of
-- them were as fast, and how many days and fast ones are those of the role, there and in the organisation. By moments, `alike` is
-- the correlation of two days of one person beyond chance, among the others.
paces AS (
    SELECT judged, post, person, countIf(day < judged) AS shifts, countIf(day < judged AND is_fast) AS hits FROM (
        SELECT day, post, person, arrayExists((first, last) -> last < addMinutes(first, 1), arraySlice(times, 1, greatest(0, length(times) - {minute_max:UInt32})), arraySlice(times, {minute_max:UInt32} + 1))
            OR arrayExists((first, last) -> last < addMinutes(first, {window_minutes:UInt32}), arraySlice(times, 1, greatest(0, length(times) - {window_max:UInt32})), arraySlice(times, {window_max:UInt32} + 1)) AS is_fast
        FROM (
            SELECT day, (organisation_type, role) AS post, (staff_id_system, staff_id, organisation_code) AS person, arraySort(groupArray(first_at)) AS times
            FROM access_links WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
                AND (organisation_type, role) IN (SELECT DISTINCT organisation_type, role FROM access_links WHERE day IN {days:Array(Date)}
                    AND (day, staff_id_system, staff_id, organisation_code) IN (SELECT day, staff_id_system, staff_id, organisation_code FROM fast))
            GROUP BY day, post, person HAVING count() > least({minute_max:UInt32}, {window_max:UInt32})
        )
    ) ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged GROUP BY judged, post, person
),
habits AS MATERIALIZED (
    SELECT m.*, ((between - peer_hits * peer_hits / peer_shifts) * peer_shifts * peer_shifts / peer_hits / (peer_shifts - peer_hits) - (others - 1))
            / (peer_shifts - squares / peer_shifts - (others - 1)) AS alike,
        if(alike > 0 AND isFinite(alike), least({person_weight:Float64}, greatest(1, 1 / alike - 1)), {person_weight:Float64}) AS weight,
        (hits + weight * (house_hits + {role_weight:Float64} * peer_hits / (peer_shifts + {role_weight:Float64})) / (house_shifts + {role_weight:Float64})) / (shifts + weight) AS usual
    FROM (
        SELECT p.*, sum(p.shifts) OVER kin - p.shifts AS peer_shifts, sum(p.hits) OVER kin - p.hits AS peer_hits, sum(p.shifts > 0) OVER kin - (p.shifts > 0) AS others,
            sum(p.shifts * p.shifts) OVER kin - p.shifts * p.shifts AS squares, sum(p.hits * p.hits / greatest(1, p.shifts)) OVER kin - p.hits * p.hits / greatest(1, p.shifts) AS between,
            sum(p.shifts) OVER house - p.shifts AS house_shifts, sum(p.hits) OVER house - p.hits AS house_hits
        FROM paces AS p WINDOW kin AS (PARTITION BY judged, post), house AS (PARTITION BY judged, post, person.3)
    ) AS m
),
-- All who worked on such a day: one row per staff member, organisation and day, with the role and application of the first opening.
ways AS (
    SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code, argMin((e.role_code, e.role_name, e.application), (e.occurred_at, e.source, e.event_id)) AS way,
        (day, staff_id_system, staff_id, organisation_code) IN (SELECT day, staff_id_system, staff_id, organisation_code FROM fast) AS is_fast
    FROM committed_events AS e WHERE e.day IN (SELECT day FROM hurried) AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.patient_id != ''
        AND NOT (e.application != '' AND has(splitByChar(',', {prefetch_applications:String}), e.application))
    GROUP BY e.day, e.staff_id_system, e.staff_id, e.organisation_code
),
-- How many others were as fast that day, in the same role of the same type of organisation, and with the same application there.
compared AS (
    SELECT w.day AS day, w.staff_id_system AS staff_id_system, w.staff_id AS staff_id, w.organisation_code AS organisation_code,
        toString(w.way.2) AS role_name, toString(w.way.3) AS application, w.is_fast AS is_fast, if(w.way.1 != '', toString(w.way.1), lowerUTF8(role_name)) AS role,
        count() OVER same_role - 1 AS peers, sum(w.is_fast) OVER same_role - w.is_fast AS fast_peers,
        if(application = '', 0, count() OVER same_application - 1) AS users, if(application = '', 0, sum(w.is_fast) OVER same_application - w.is_fast) AS fast_users
    FROM ways AS w LEFT JOIN organisations AS t ON t.organisation_code = w.organisation_code
    WINDOW same_role AS (PARTITION BY day, t.type, role), same_application AS (PARTITION BY day, organisation_code, application)
),
fired AS (
    SELECT r.*,
        -- The records opened in haste: those of every stretch that is too fast.
        arrayFilter(o -> arrayExists((first, m, w) -> o.1.1 >= first AND ((m > {minute_max:UInt32} AND o.1.1 < addMinutes(first, 1))
            OR (w > {window_max:UInt32} AND o.1.1 < addMinutes(first, {window_minutes:UInt32}))), times, a_minute, a_window), openings) AS hasty
    FROM (
        SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.organisation_code AS organisation_code, h.usual AS usual, h.peer_shifts AS peer_days, h.shifts AS own_days, f.openings AS openings, f.times AS times, c.role_name AS role_name,
            c.application AS application, c.peers AS peers, c.fast_peers AS fast_peers, c.users AS users, c.fast_users AS fast_users,
            arrayMap(first -> arrayCount(other -> other >= first AND other < addMinutes(first, 1), f.times), f.times) AS a_minute,
            arrayMap(first -> arrayCount(other -> other >= first AND other < addMinutes(first, {window_minutes:UInt32}), f.times), f.times) AS a_window
        FROM compared AS c
        INNER JOIN fast AS f ON f.day = c.day AND f.staff_id_system = c.staff_id_system AND f.staff_id = c.staff_id AND f.organisation_code = c.organisation_code
        LEFT JOIN nobodies AS n ON n.staff_id_system = c.staff_id_system AND n.staff_id = c.staff_id
        LEFT JOIN (SELECT judged, person, max(usual) AS usual, max(peer_shifts) AS peer_shifts, max(shifts) AS shifts FROM habits GROUP BY judged, person) AS h ON h.judged = c.day AND h.person = (c.staff_id_system, c.staff_id, c.organisation_code)
        WHERE h.usual <= {peers_share_max:Float64} AND c.is_fast AND c.day >= n.until AND (c.peers < {peers_min:UInt32} OR c.fast_peers <= {peers_share_max:Float64} * c.peers)
            AND (c.users < {peers_min:UInt32} OR c.fast_users <= {peers_share_max:Float64} * c.users)
    ) AS r
),
-- How many of those records a link of the team explains: one row per staff member, organisation and day.
linked AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id, a.organisation_code AS organisation_code, groupUniqArray(a.patient_id) AS linked_ids
    FROM access_links AS a WHERE a.day IN {days:Array(Date)} AND a.strength >= 'team'
        AND (a.day, a.staff_id_system, a.staff_id) IN (SELECT day, staff_id_system, staff_id FROM fast) GROUP BY a.day, a.staff_id_system, a.staff_id, a.organisation_code
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    '' AS patient_id, f.day AS day, hasty[1].1.1 AS first_at, hasty[-1].1.1 AS last_at,
    -- The faster, the fewer of one's own patients, the rarer among others: higher.
    round((1 - 1 / (1 + greatest(arrayMax(a_minute) / {minute_max:UInt32}, arrayMax(a_window) / {window_max:UInt32})))
        * ({linked_weight:Float64} + (1 - {linked_weight:Float64}) * unlinked_share)
        * (1 - greatest(fast_peers / greatest(peers, {peers_min:UInt32}), fast_users / greatest(users, {peers_min:UInt32}))) * {peers_share_max:Float64} / ({peers_share_max:Float64} + usual), 4) AS score,
    map('role', toString(role_name), 'in_a_minute', toString(arrayMax(a_minute)), 'in_the_window', toString(arrayMax(a_window)),
        'window_minutes', toString({window_minutes:UInt32}), 'unlinked', toString(round(100 * unlinked_share)), 'peers', toString(peers), 'fast_peers', toString(fast_peers), 'users', toString(users),
        'usual', toString(round(100 * usual, 1)), 'peer_days', toString(peer_days), 'own_days', toString(own_days), 'fast_users', toString(fast_users), 'application', if(application = '', 'not recorded', application)) AS facts,
    arrayMap(o -> o.1.3, hasty) AS event_ids, arrayMap(o -> toString(o.1.2), hasty) AS sources
FROM (
    SELECT f.*, 1 - arrayAvg(o -> has(l.linked_ids, o.2), f.hasty) AS unlinked_share
    FROM fired AS f LEFT JOIN linked AS l ON l.day = f.day AND l.staff_id_system = f.staff_id_system AND l.staff_id = f.staff_id AND l.organisation_code = f.organisation_code
) AS f
