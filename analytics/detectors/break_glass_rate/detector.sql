/* @detector
id: break_glass_rate
version: 2
title: Breaking the glass far more often than peers
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 27
params: { counted: "break_glass,protected,dissent,sealed", overrides_min: 5, deviations_min: 3, lookback_days: 27 }
needs: []
silenced_by: none
reason: "{staff} overrode a protection on {overrides} of {accesses} records in {window} days ({rate} in 100). Of {peers} others in the role the middle one does so in {peer_rate} of 100, and of {team_peers} others in the same team in {team_rate}; this is {deviations} deviations above them."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- What was overridden over the look-back, which is little: one row per staff member, organisation, role and day.
broken AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, organisation_type, role, count() AS overridden
    FROM access_links
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND notEmpty(overrides) AND hasAny(overrides, splitByChar(',', {counted:String}))
    GROUP BY ALL
),
-- Who did it often enough up to a judged day, and on it: nobody else is compared, and no other day is looked at.
candidates AS MATERIALIZED (
    SELECT judged, staff_id_system, staff_id, organisation_code
    FROM broken
    ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    GROUP BY judged, staff_id_system, staff_id, organisation_code
    HAVING sum(overridden) >= {overrides_min:UInt32} AND max(day) = judged
),
-- The roles in which anybody overrides, in organisations of a type in which one of them did it.
posts AS (
    SELECT organisation_type, arrayJoin(groupUniqArray(role)) AS role
    FROM broken
    GROUP BY organisation_type
    HAVING max((staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM candidates)) = 1
),
-- The judged days on which there is one, as one value, which is computed while the statement is read.
(SELECT arraySort(groupUniqArray(judged)) FROM candidates) AS judged_days,
-- One row per staff member, organisation and day, in those roles.
daily AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.organisation_type AS organisation_type, max(a.role) AS role,
        max(a.role_name) AS role_name, max(a.team) AS team, count() AS accesses,
        countIf(notEmpty(a.overrides) AND hasAny(a.overrides, splitByChar(',', {counted:String}))) AS overrides
    FROM access_links AS a
    LEFT JOIN nobodies AS n ON n.staff_id_system = a.staff_id_system AND n.staff_id = a.staff_id
    WHERE a.day >= subtractDays(arrayMin(judged_days), {lookback_days:UInt32}) AND a.day <= arrayMax(judged_days)
        AND (a.organisation_type, a.role) IN (SELECT organisation_type, role FROM posts) AND a.day >= n.until
    GROUP BY a.day, a.staff_id_system, a.staff_id, a.organisation_code, a.organisation_type
),
-- The days up to each judged one: one row per judged day, staff member and organisation, with their share, and whether
-- they did it often enough, and on that day.
shares AS MATERIALIZED (
    SELECT judged, staff_id_system, staff_id, organisation_code, sipHash64(organisation_code, staff_id_system, staff_id) AS person,
        any(organisation_type) AS type, argMax((role, role_name, team), day) AS post, sum(accesses) AS opened,
        sum(overrides) AS overridden, overridden / opened AS share,
        overridden >= {overrides_min:UInt32} AND maxIf(overrides, day = judged) > 0 AS is_suspect
    FROM daily
    ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), judged_days) AS judged
    GROUP BY judged, staff_id_system, staff_id, organisation_code
),
-- The shares of their roles in all organisations of the type, with the suspects, and of their teams: one row each.
role_shares AS (
    SELECT judged, type, post.1 AS role, groupArray((share, opened, overridden, person)) AS members,
        groupArrayIf((staff_id_system, staff_id, organisation_code, post, opened, overridden, share, person), is_suspect) AS suspects
    FROM shares
    GROUP BY judged, type, role
    HAVING notEmpty(suspects)
),
team_shares AS (
    SELECT judged, organisation_code, post.3 AS team, groupArray((share, opened, overridden, person)) AS members
    FROM shares
    WHERE post.3 != ''
    GROUP BY judged, organisation_code, team
    HAVING max(is_suspect) = 1
),
-- The suspects beside the others of their role and of their team. The noise of a share of so few accesses is never taken
-- for less than it is (binomial, at the role's share, with one more each way).
compared AS MATERIALIZED (
    SELECT w.*, (share - greatest(peer_share, team_share)) / greatest(peer_spread, team_spread, sqrt(pooled * (1 - pooled) / opened)) AS deviations
    FROM (
        SELECT b.*, if(empty(peers), 0, arrayReduce('medianExact', arrayMap(m -> abs(m.1 - peer_share), peers))) AS peer_spread,
            if(empty(team_peers), 0, arrayReduce('medianExact', arrayMap(m -> abs(m.1 - team_share), team_peers))) AS team_spread
        FROM (
            SELECT o.*, length(peers) AS peer_count, length(team_peers) AS team_peer_count,
                if(empty(peers), 0, arrayReduce('medianExact', arrayMap(m -> m.1, peers))) AS peer_share,
                if(empty(team_peers), 0, arrayReduce('medianExact', arrayMap(m -> m.1, team_peers))) AS team_share,
                (arraySum(m -> m.3, peers) + 1) / (arraySum(m -> m.2, peers) + 1 + 1) AS pooled
            FROM (
                SELECT r.judged AS judged, r.suspect.1 AS staff_id_system, r.suspect.2 AS staff_id, r.suspect.3 AS organisation_code,
                    r.suspect.4 AS post, r.suspect.5 AS opened, r.suspect.6 AS overridden, r.suspect.7 AS share,
                    arrayFilter(m -> m.4 != r.suspect.8, r.members) AS peers, arrayFilter(m -> m.4 != r.suspect.8, t.members) AS team_peers
                FROM (SELECT judged, members, arrayJoin(suspects) AS suspect FROM role_shares) AS r
                LEFT JOIN team_shares AS t ON t.judged = r.judged AND t.organisation_code = r.suspect.3 AND t.team = r.suspect.4.3
            ) AS o
        ) AS b
        WHERE notEmpty(peers)
    ) AS w
    WHERE deviations > {deviations_min:Float64}
),
found AS (
    SELECT c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.organisation_code AS organisation_code,
        c.judged AS judged, any((c.opened, c.overridden, c.share, c.peer_share, c.team_share, c.deviations)) AS figures,
        any((c.post.2, c.peer_count, c.team_peer_count)) AS post,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN compared AS c ON c.staff_id_system = e.staff_id_system AND c.staff_id = e.staff_id
        AND c.organisation_code = e.organisation_code
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.day <= c.judged AND e.day >= subtractDays(c.judged, {lookback_days:UInt32})
        AND e.override != '' AND (e.organisation_code, e.staff_id) IN (SELECT organisation_code, staff_id FROM compared)
        AND has(splitByChar(',', {counted:String}), e.override) AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY c.staff_id_system, c.staff_id, c.organisation_code, c.judged
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, judged AS day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- More deviations and more overrides: higher.
    round((1 - {deviations_min:Float64} / (figures.6 + {deviations_min:Float64})) * (1 - 1 / figures.2), 4) AS score,
    map('role', toString(post.1), 'overrides', toString(figures.2), 'accesses', toString(figures.1),
        'window', toString({lookback_days:UInt32} + 1), 'rate', toString(round(100 * figures.3)),
        'peers', toString(post.2), 'peer_rate', toString(round(100 * figures.4)), 'team_peers', toString(post.3),
        'team_rate', toString(round(100 * figures.5)), 'deviations', toString(round(figures.6))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found
