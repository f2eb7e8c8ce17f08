/* @detector
id: rapid_browsing
version: 2
title: More records than anyone can read
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 0
params:
  { minute_max: 10, window_max: 60, window_minutes: 10, peers_share_max: 0.1, peers_min: 4, linked_weight: 0.4,
    prefetch_applications: "" }
needs: []
silenced_by: none
reason: "{staff} opened {in_a_minute} records within one minute and {in_the_window} within {window_minutes} minutes, {unlinked} % of them without a link of their team. Of {peers} others in the role that day, {fast_peers} were as fast; of {users} others of the application ({application}), {fast_users}."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id, if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
types AS (SELECT organisation_code, type FROM organisations),
-- Staff whose events come so fast, of however many records: nobody else can have been. One row per staff member,
-- organisation and day. One more than the most within the time: the last of so many comes too soon after the first.
hurried AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code
    FROM (
        SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id,
            e.organisation_code AS organisation_code, arraySort(groupArray(e.occurred_at)) AS times
        FROM committed_events AS e
        WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.patient_id != ''
            AND NOT (e.application != '' AND has(splitByChar(',', {prefetch_applications:String}), e.application))
        GROUP BY e.day, e.staff_id_system, e.staff_id, e.organisation_code
        HAVING count() > least({minute_max:UInt32}, {window_max:UInt32})
    )
    WHERE arrayExists((first, last) -> last < addMinutes(first, 1),
            arraySlice(times, 1, greatest(0, length(times) - {minute_max:UInt32})), arraySlice(times, {minute_max:UInt32} + 1))
        OR arrayExists((first, last) -> last < addMinutes(first, {window_minutes:UInt32}),
            arraySlice(times, 1, greatest(0, length(times) - {window_max:UInt32})), arraySlice(times, {window_max:UInt32} + 1))
),
-- What these first opened by their own hand: one row per access. The day's first opening of a record counts, so going to
-- and fro between two is no haste.
opened AS (
    SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.patient_id AS patient_id, min((e.occurred_at, e.source, e.event_id)) AS opening
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
        FROM (
            SELECT day, staff_id_system, staff_id, organisation_code, arraySort(groupArray((opening, patient_id))) AS openings FROM opened
            GROUP BY day, staff_id_system, staff_id, organisation_code
        )
    ) AS g
    WHERE arrayExists((first, last) -> last < addMinutes(first, 1),
            arraySlice(times, 1, greatest(0, length(times) - {minute_max:UInt32})), arraySlice(times, {minute_max:UInt32} + 1))
        OR arrayExists((first, last) -> last < addMinutes(first, {window_minutes:UInt32}),
            arraySlice(times, 1, greatest(0, length(times) - {window_max:UInt32})), arraySlice(times, {window_max:UInt32} + 1))
),
-- All who worked on such a day: one row per staff member, organisation and day, with
-- the role and application of the first opening.
ways AS (
    SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        argMin((e.role_code, e.role_name, e.application), (e.occurred_at, e.source, e.event_id)) AS way,
        (day, staff_id_system, staff_id, organisation_code) IN (SELECT day, staff_id_system, staff_id, organisation_code FROM fast) AS is_fast
    FROM committed_events AS e
    WHERE e.day IN (SELECT day FROM hurried) AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.patient_id != ''
        AND NOT (e.application != '' AND has(splitByChar(',', {prefetch_applications:String}), e.application))
    GROUP BY e.day, e.staff_id_system, e.staff_id, e.organisation_code
),
-- How many others were as fast that day, in the same role of the same type of organisation and with the same
-- application in the same organisation. Where many are, it is how the role works or the application fetches ahead.
compared AS (
    SELECT w.day AS day, w.staff_id_system AS staff_id_system, w.staff_id AS staff_id, w.organisation_code AS organisation_code,
        toString(w.way.2) AS role_name, toString(w.way.3) AS application, w.is_fast AS is_fast,
        if(w.way.1 != '', toString(w.way.1), lowerUTF8(role_name)) AS role,
        count() OVER same_role - 1 AS peers, sum(w.is_fast) OVER same_role - w.is_fast AS fast_peers,
        if(application = '', 0, count() OVER same_application - 1) AS users,
        if(application = '', 0, sum(w.is_fast) OVER same_application - w.is_fast) AS fast_users
    FROM ways AS w
    LEFT JOIN types AS t ON t.organisation_code = w.organisation_code
    WINDOW same_role AS (PARTITION BY day, t.type, role), same_application AS (PARTITION BY day, organisation_code, application)
),
fired AS (
    SELECT r.*,
        -- The records opened in haste: those of every stretch that is too fast.
        arrayFilter(o -> arrayExists((first, m, w) -> o.1.1 >= first
            AND ((m > {minute_max:UInt32} AND o.1.1 < addMinutes(first, 1))
                OR (w > {window_max:UInt32} AND o.1.1 < addMinutes(first, {window_minutes:UInt32}))), times, a_minute, a_window),
            openings) AS hasty
    FROM (
        SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id,
            c.organisation_code AS organisation_code, f.openings AS openings, f.times AS times, c.role_name AS role_name,
            c.application AS application, c.peers AS peers, c.fast_peers AS fast_peers, c.users AS users, c.fast_users AS fast_users,
            arrayMap(first -> arrayCount(other -> other >= first AND other < addMinutes(first, 1), f.times), f.times) AS a_minute,
            arrayMap(first -> arrayCount(other -> other >= first AND other < addMinutes(first, {window_minutes:UInt32}), f.times), f.times) AS a_window
        FROM compared AS c
        INNER JOIN fast AS f ON f.day = c.day AND f.staff_id_system = c.staff_id_system AND f.staff_id = c.staff_id AND f.organisation_code = c.organisation_code
        LEFT JOIN nobodies AS n ON n.staff_id_system = c.staff_id_system AND n.staff_id = c.staff_id
        WHERE c.is_fast AND c.day >= n.until AND (c.peers < {peers_min:UInt32} OR c.fast_peers <= {peers_share_max:Float64} * c.peers)
            AND (c.users < {peers_min:UInt32} OR c.fast_users <= {peers_share_max:Float64} * c.users)
    ) AS r
),
-- How many of those records a link of the team explains: one row per staff member, organisation and day.
linked AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, groupUniqArray(a.patient_id) AS linked_ids
    FROM access_links AS a
    WHERE a.day IN {days:Array(Date)} AND a.strength >= 'team'
        AND (a.day, a.staff_id_system, a.staff_id) IN (SELECT day, staff_id_system, staff_id FROM fast)
    GROUP BY a.day, a.staff_id_system, a.staff_id, a.organisation_code
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    '' AS patient_id, f.day AS day, hasty[1].1.1 AS first_at, hasty[-1].1.1 AS last_at,
    -- The faster, the fewer of one's own patients, the rarer among others: higher.
    round((1 - 1 / (1 + greatest(arrayMax(a_minute) / {minute_max:UInt32}, arrayMax(a_window) / {window_max:UInt32})))
        * ({linked_weight:Float64} + (1 - {linked_weight:Float64}) * unlinked_share)
        * (1 - greatest(fast_peers / greatest(peers, {peers_min:UInt32}), fast_users / greatest(users, {peers_min:UInt32}))), 4) AS score,
    map('role', toString(role_name), 'in_a_minute', toString(arrayMax(a_minute)), 'in_the_window', toString(arrayMax(a_window)),
        'window_minutes', toString({window_minutes:UInt32}), 'unlinked', toString(round(100 * unlinked_share)),
        'peers', toString(peers), 'fast_peers', toString(fast_peers), 'users', toString(users),
        'fast_users', toString(fast_users), 'application', if(application = '', 'not recorded', application)) AS facts,
    arrayMap(o -> o.1.3, hasty) AS event_ids, arrayMap(o -> toString(o.1.2), hasty) AS sources
FROM (
    SELECT f.*, 1 - arrayAvg(o -> has(l.linked_ids, o.2), f.hasty) AS unlinked_share
    FROM fired AS f LEFT JOIN linked AS l ON l.day = f.day AND l.staff_id_system = f.staff_id_system AND l.staff_id = f.staff_id
        AND l.organisation_code = f.organisation_code
) AS f
