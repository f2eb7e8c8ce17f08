/* @detector
id: target_skew
version: 6
title: Unlinked looks at patients of one sex or age
status: active
severity: medium
mode: scheduled
schedule: "7-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params:
  once_in_max: "100000000"
  ages: "13,18,30,45,65,80"
  q_max: 0.01
  patients_min: 8
  lift_min: 2
  prior_weight: 30
  organisation_weight: 0.5
  lookback_days: 28
needs: [patients, care_relationships]
silenced_by: team
reason: "{staff} opened {patients} {group} in {lookback_days} days, among {unlinked} accesses that {link}. For their role, their team and their own linked work {expected} would be usual; corrected for all comparisons of the day, chance makes so many once in {once_in}."
@detector */
WITH
splitByChar(',', {ages:String})::Array(UInt32) AS edges, length(edges) AS last_band, range(last_band + last_band + 1 + 1) AS cells,
-- The groups compared: one band of ages, two adjoining ones, or all; of women, men or both. Cells are bands of women,
-- then of men; a group knows which are its own. A subquery of one value is computed while the statement is read.
(SELECT arrayMap(g -> (g, arrayMap(i -> toInt8(((g.1 != 'male' AND i <= last_band) OR (g.1 != 'female' AND i > last_band))
        AND i % (last_band + 1) >= g.2 AND i % (last_band + 1) <= g.3), cells)),
    arrayFilter(g -> g.1 != 'any' OR g.3 - g.2 != last_band, arrayFlatten(arrayMap(sexed -> arrayMap(
        span -> (sexed, span.1, span.2), arrayConcat([(0, last_band)], arrayMap(i -> (i, i), range(last_band + 1)),
            arrayMap(i -> (i, i + 1), range(last_band)))), ['female', 'male', 'any']))))) AS groups,
impersonal AS (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test')),
people AS (
    SELECT patient_id, assumeNotNull(date_of_birth) AS born, transform(lowerUTF8(sex), ['f', 'female', 'm', 'male'], ['female', 'female', 'male', 'male'], '') AS sexed FROM patients
    WHERE isNotNull(date_of_birth) AND sexed != '' AND patient_id IN (SELECT patient_id FROM access_links WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)}))
),
-- A person's day: the cells of all accesses; those without a team's link, each with its cell, day and patient by a hash.
daily AS MATERIALIZED (
    SELECT day, organisation_code, staff_id_system, staff_id, max(role) AS role, max(role_name) AS role_name, max(team) AS team,
        groupArray(cell) AS whole, groupArrayIf((cell, strength < 'organisation', day, patient), NOT (strength >= 'team')) AS looks
    FROM (
        SELECT a.day AS day, a.organisation_code AS organisation_code, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
            a.role AS role, a.role_name AS role_name, a.team AS team, a.strength AS strength, sipHash64(a.patient_id) AS patient,
            toUInt8(arrayCount(edge -> edge <= age('year', p.born, a.day), edges) + if(p.sexed = 'male', last_band + 1, 0)) AS cell
        FROM access_links AS a INNER JOIN people AS p ON p.patient_id = a.patient_id
        WHERE a.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day <= arrayMax({days:Array(Date)})
    ) GROUP BY day, organisation_code, staff_id_system, staff_id
),
-- Who has enough of them over the look-back of a day to be compared, and how many comparisons that day makes.
enough AS (
    SELECT organisation_code, staff_id_system, staff_id, looked.1 AS judged, looked.2 AS added, looked.3 AS unteamed, looked.4 AS unexplained,
        length(groups) * toInt64(sum((unteamed >= {patients_min:UInt32}) + (unexplained >= {patients_min:UInt32})) OVER (PARTITION BY judged)) AS tests
    FROM (
        SELECT organisation_code, staff_id_system, staff_id, groupArray((day, length(d.looks), arrayCount(x -> x.2, d.looks))) AS past FROM daily AS d GROUP BY organisation_code, staff_id_system, staff_id HAVING sum(length(d.looks)) >= {patients_min:UInt32}
    ) ARRAY JOIN arrayMap((last, window) -> (last.1, last.2, arraySum(window.2), arraySum(window.3)),
        arrayFilter(x -> has({days:Array(Date)}, x.1), past) AS latest, arrayMap(last -> arrayFilter(
            x -> x.1 <= last.1 AND x.1 >= subtractDays(last.1, {lookback_days:UInt32}), past), latest)) AS looked
    WHERE unteamed >= {patients_min:UInt32}
),
-- Those who added to it on the day: one row per judged day and person, with their look-back.
persons AS (
    SELECT e.judged AS day, d.organisation_code AS organisation_code, d.staff_id_system AS staff_id_system, d.staff_id AS staff_id,
        maxIf(d.role, d.day = e.judged) AS role, maxIf(d.role_name, d.day = e.judged) AS role_name, maxIf(d.team, d.day = e.judged) AS team,
        any(e.tests) AS tests, groupArrayArray(d.whole) AS whole, groupArrayArray(d.looks) AS looks
    FROM daily AS d
    INNER JOIN (SELECT n.* FROM enough AS n WHERE added > 0 AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM impersonal)) AS e
        ON e.organisation_code = d.organisation_code AND e.staff_id_system = d.staff_id_system AND e.staff_id = d.staff_id
    WHERE d.day <= e.judged AND d.day >= subtractDays(e.judged, {lookback_days:UInt32}) GROUP BY e.judged, d.organisation_code, d.staff_id_system, d.staff_id
),
-- The levels and groups in which they can stand out, since their own linked work already is a part of what is usual.
candidates AS MATERIALIZED (
    SELECT day, organisation_code, staff_id_system, staff_id, role, role_name, team, tests, own, own_unteamed, level, seen, without,
        arrayJoin(arrayFilter(g -> dotProduct(without, g.2) >= {patients_min:UInt32} AND dotProduct(added, g.2) > 0
            AND dotProduct(without, g.2) * (arraySum(own) - arraySum(own_unteamed) + {prior_weight:Float64})
                >= {lift_min:Float64} * arraySum(without) * (dotProduct(own, g.2) - dotProduct(own_unteamed, g.2)), groups)) AS g
    FROM (
        SELECT day, organisation_code, staff_id_system, staff_id, role, role_name, team, tests, levelled.1 AS level, levelled.2 AS seen,
            arrayMap(i -> toInt32(countEqual(whole, i)), cells) AS own, arrayMap(i -> toInt32(countEqual(looks.1, i)), cells) AS own_unteamed,
            arrayMap(i -> toInt32(countEqual(seen.1, i)), cells) AS without, arrayMap(i -> toInt32(countEqual(arrayFilter(x -> x.3 = day, seen).1, i)), cells) AS added
        FROM persons ARRAY JOIN [('organisation', arrayFilter(x -> x.2, looks)), ('team', looks)] AS levelled
        WHERE length(levelled.2) >= {patients_min:UInt32} AND arrayExists(x -> x.3 = day, levelled.2)
    )
),
-- What all in their organisation, their role and their team opened over the look-back: one row per judged day and those three.
baselines AS (
    SELECT c.day AS day, c.organisation_code AS organisation_code, c.role AS role, c.team AS team, sumForEachIf(b.counts, b.circle.1 = 'all') AS all_counts,
        sumForEachIf(b.counts, b.circle.1 = 'role') AS role_counts, sumForEachIf(b.counts, b.circle.1 = 'team') AS team_counts
    FROM (
        SELECT day, organisation_code, arrayJoin([('role', toString(role)), ('team', toString(team)), ('all', '')]) AS circle,
            groupArrayArray(whole) AS list, arrayMap(i -> toInt64(countEqual(list, i)), cells) AS counts FROM daily GROUP BY day, organisation_code, circle
    ) AS b INNER JOIN (SELECT DISTINCT day, organisation_code, role, team, arrayJoin([('role', toString(role)), ('team', toString(team)), ('all', '')]) AS circle FROM candidates) AS c ON c.organisation_code = b.organisation_code AND c.circle = b.circle
    WHERE b.day <= c.day AND b.day >= subtractDays(c.day, {lookback_days:UInt32}) GROUP BY c.day, c.organisation_code, c.role, c.team
),
-- What would be usual is the largest of three shares: of the role drawn to the organisation's, of the team and of the
-- person's own linked work drawn to the role's. Whoever makes most of the accesses has no peers.
shares AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role_name, tests, level, seen, g, within, unlinked, greatest(role_share, (own_hits - unteamed_hits + {prior_weight:Float64} * role_share) / (own_all - unteamed_all + {prior_weight:Float64}), if(team = '', 0, (team_hits - own_hits + {prior_weight:Float64} * role_share) / (team_all - own_all + {prior_weight:Float64}))) AS usual_share
    FROM (
        SELECT w.day AS day, w.organisation_code AS organisation_code, w.staff_id_system AS staff_id_system, w.staff_id AS staff_id,
            w.role_name AS role_name, w.team AS team, w.tests AS tests, w.level AS level, w.seen AS seen, w.g.1 AS g, w.g.2 AS within, arraySum(w.without) AS unlinked, dotProduct(w.without, w.g.2) AS hits, arraySum(w.own) AS own_all, dotProduct(w.own, w.g.2) AS own_hits,
            arraySum(w.own_unteamed) AS unteamed_all, dotProduct(w.own_unteamed, w.g.2) AS unteamed_hits, arraySum(b.all_counts) AS of_all, arraySum(b.team_counts) AS team_all, dotProduct(b.team_counts, w.g.2) AS team_hits,
            (dotProduct(b.role_counts, w.g.2) - own_hits + {prior_weight:Float64} * ((dotProduct(b.all_counts, w.g.2) - own_hits + 1) / (of_all - own_all + 1)))
                / (arraySum(b.role_counts) - own_all + {prior_weight:Float64}) AS role_share
        FROM candidates AS w INNER JOIN baselines AS b ON b.day = w.day AND b.organisation_code = w.organisation_code AND b.role = w.role AND b.team = w.team
    )
    WHERE hits >= {lift_min:Float64} * unlinked * usual_share AND of_all - own_all >= own_all
),
-- How likely so many are, the half of as many and all of more. Each patient counts once.
counted AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role_name, tests, level, g, unlinked, usual_share, looks, patients,
        arrayMap(j -> exp(lgamma(unlinked + 1) - lgamma(j + 1) - lgamma(unlinked - j + 1) + j * log(usual_share)
            + (unlinked - j) * log(1 - usual_share)), range(toUInt32(patients), toUInt32(unlinked) + 1)) AS tail
    FROM (
        SELECT s.*, arrayDistinct(arrayMap(x -> (x.3, x.4), arrayFilter(x -> within[x.1 + 1] > 0, seen))) AS looks, length(arrayDistinct(looks.2)) AS patients FROM shares AS s
    )
),
-- The chance is binomial, mid-p; Benjamini and Hochberg's q over all comparisons of the day, and the person's group of the smallest.
fired AS MATERIALIZED (
    SELECT day, organisation_code, staff_id_system, staff_id,
        argMin((role_name, level, g, unlinked, usual_share, patients, looks, q), (p, level, g.3 - g.2, g.1 = 'any', g)) AS best
    FROM (SELECT c.*, arraySum(tail) - (1 - arrayAvg([0, 1])) * tail[1] AS p, p * tests / count() OVER (PARTITION BY day ORDER BY p) AS q FROM counted AS c)
    WHERE patients >= {patients_min:UInt32} AND q <= {q_max:Float64} GROUP BY day, organisation_code, staff_id_system, staff_id
),
found AS (
    SELECT f.day AS day, f.organisation_code AS organisation_code, f.staff_id_system AS staff_id_system, f.staff_id AS staff_id,
        any(f.best) AS best, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e INNER JOIN fired AS f USING (organisation_code, staff_id_system, staff_id) WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND has(f.best.7, (e.day, sipHash64(e.patient_id)))
    GROUP BY f.day, f.organisation_code, f.staff_id_system, f.staff_id
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- How far above what is usual, and how far below what chance may do; a link of the organisation weighs.
    round(if(best.2 = 'team', {organisation_weight:Float64}, 1) * (1 - best.4 * best.5 / best.6)
        * log(best.8) / (log(best.8) + log({q_max:Float64})), 4) AS score,
    map('role', toString(best.1), 'patients', toString(best.6), 'unlinked', toString(best.4),
        'group', concat(if(best.3.1 = 'any', '', concat(best.3.1, ' ')), 'patients', multiIf(
            best.3.3 - best.3.2 = last_band, ' of all ages', best.3.2 = 0, concat(' under ', toString(edges[best.3.3 + 1])),
            best.3.3 = last_band, concat(' of ', toString(edges[best.3.2]), ' and over'),
            concat(' aged ', toString(edges[best.3.2]), ' to ', toString(edges[best.3.3 + 1] - 1)))),
        'link', if(best.2 = 'team', 'no link of their team explains', 'nothing explains'), 'expected', toString(round(best.4 * best.5, 1)), 'once_in',
            concat(toString(round(round(exp10(log10(least(1 / best.8, toFloat64({once_in_max:String}))) - floor(log10(least(1 / best.8, toFloat64({once_in_max:String}))))), 1) * exp10(floor(log10(least(1 / best.8, toFloat64({once_in_max:String}))))))), if(1 / best.8 > toFloat64({once_in_max:String}), ' or more', '')),
        'lookback_days', toString({lookback_days:UInt32})) AS facts, arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources FROM found
