/* @detector
id: volume_peers
version: 3
title: Far more patients in a day than others in the same role
status: signal
severity: low
mode: scheduled
schedule: "3-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params:
  patients_min: 30
  tail_max: 0.005
  usual_days_max: 3
  linked_weight: 0.3
  lookback_days: 28
needs: []
silenced_by: none
reason: "{staff} opened {patients} patients on this day, {unlinked} of them without a link of their team. Of {peer_days} days of others in this role in the {lookback_days} days before, {peer_above} had as many; half had at most {usual}. The person had half as many on {own_above} of their own days."
@detector */
WITH
-- Distinct patients of a person's day by their own hand, and how many of them no team's link explains.
daily AS (
    SELECT day, organisation_code, staff_id_system, staff_id, organisation_type, role, role_name, toInt64(accesses) AS patients, unlinked
    FROM staff_link_days
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND (staff_id_system, staff_id) NOT IN (
            SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
),
-- How many such days a role had, by number of patients, in organisations of one type: one row per judged day and role.
peers AS (
    SELECT arrayJoin(arrayFilter(judged -> c.day < judged AND c.day >= subtractDays(judged, {lookback_days:UInt32}),
            {days:Array(Date)})) AS day,
        c.organisation_type AS organisation_type, c.role AS role, sumMap(map(c.patients, c.person_days)) AS person_days
    FROM (
        SELECT day, organisation_type, role, patients, toInt64(count()) AS person_days
        FROM daily
        GROUP BY day, organisation_type, role, patients
    ) AS c
    GROUP BY day, organisation_type, role
),
-- The person's own days before, of those who had enough patients on a judged day.
histories AS (
    SELECT day, organisation_code, staff_id_system, staff_id, organisation_type, role, role_name, patients, unlinked,
        groupArray(d.patients) OVER (PARTITION BY organisation_code, staff_id_system, staff_id, organisation_type, role ORDER BY day
            RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND 1 PRECEDING) AS past
    FROM daily AS d
    WHERE (organisation_code, staff_id_system, staff_id) IN (
            SELECT organisation_code, staff_id_system, staff_id FROM staff_link_days
            WHERE day IN {days:Array(Date)} AND accesses >= {patients_min:UInt32})
),
-- The share of others' days in the role that had as many patients: one row per person's day where it is small. Who had
-- half as many on more than a few days of their own has another job than the role's name tells.
judged AS (
    SELECT h.day AS day, h.organisation_code AS organisation_code, h.staff_id_system AS staff_id_system,
        h.staff_id AS staff_id, h.role_name AS role, h.patients AS patients, h.unlinked AS unlinked,
        arraySum(mapValues(p.person_days)) - length(h.past) AS peer_days,
        arrayReduce('medianExactWeighted', mapKeys(p.person_days), arrayMap(n -> toUInt64(n), mapValues(p.person_days))) AS usual,
        arraySum(mapValues(mapFilter((n, person_days) -> n >= h.patients, p.person_days)))
            - arrayCount(n -> n >= h.patients, h.past) AS peer_above,
        arrayCount(n -> n + n >= h.patients, h.past) AS own_above,
        (peer_above + 1) / (peer_days + 1) AS tail
    FROM histories AS h
    INNER JOIN peers AS p ON p.day = h.day AND p.organisation_type = h.organisation_type AND p.role = h.role
    WHERE h.day IN {days:Array(Date)} AND h.patients >= {patients_min:UInt32} AND tail <= {tail_max:Float64}
        AND own_above <= {usual_days_max:UInt32}
),
-- Accesses of those days: all without a team's link, or where there are none, all. One event stands for each.
looks AS (
    SELECT j.day AS day, j.organisation_code AS organisation_code, j.staff_id_system AS staff_id_system,
        j.staff_id AS staff_id, a.patient_id AS patient_id, (j.role, j.patients, j.unlinked, j.peer_days, j.peer_above, j.usual, j.own_above, j.tail) AS figures
    FROM access_links AS a
    INNER JOIN judged AS j ON j.day = a.day AND j.organisation_code = a.organisation_code
        AND j.staff_id_system = a.staff_id_system AND j.staff_id = a.staff_id
    WHERE a.day IN {days:Array(Date)} AND (a.strength < 'team' OR j.unlinked = 0)
),
found AS (
    SELECT day, organisation_code, staff_id_system, staff_id, arraySort(groupArray(f.opening)) AS events,
        any(f.figures.1) AS role, any(f.figures.2) AS patients, any(f.figures.3) AS unlinked, any(f.figures.4) AS peer_days, any(f.figures.5) AS peer_above, any(f.figures.6) AS usual, any(f.figures.7) AS own_above, any(f.figures.8) AS tail
    FROM (
        SELECT l.day AS day, l.organisation_code AS organisation_code, l.staff_id_system AS staff_id_system,
            l.staff_id AS staff_id, any(l.figures) AS figures,
            min((e.occurred_at, e.source, e.event_id)) AS opening
        FROM committed_events AS e
        INNER JOIN looks AS l ON l.day = e.day AND l.organisation_code = e.organisation_code
            AND l.staff_id_system = e.staff_id_system AND l.staff_id = e.staff_id AND l.patient_id = e.patient_id
        WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        GROUP BY l.day, l.organisation_code, l.staff_id_system, l.staff_id, l.patient_id
    ) AS f
    GROUP BY day, organisation_code, staff_id_system, staff_id
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The rarer and the more of them, the higher; what is linked is work, and weighs little.
    round({tail_max:Float64} / (tail + {tail_max:Float64}) * (1 - usual / patients)
        * ({linked_weight:Float64} + (1 - {linked_weight:Float64}) * unlinked / patients), 4) AS score,
    map('role', toString(role), 'patients', toString(patients), 'unlinked', toString(unlinked),
        'peer_days', toString(peer_days), 'peer_above', toString(peer_above), 'usual', toString(usual),
        'own_above', toString(own_above), 'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found
