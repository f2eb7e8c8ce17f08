/* @detector
id: target_skew
version: 1
title: Unlinked looks at patients of one sex or age
status: active
severity: medium
mode: scheduled
schedule: "7-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params:
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
arrayMap(edge -> toUInt32(edge), splitByChar(',', {ages:String})) AS edges, length(edges) AS last_band, range(last_band + last_band + 1 + 1) AS cells,
-- The groups compared: one band of ages, two adjoining ones, or all; of women, men or both. Cells are bands of women,
-- then of men; a group knows which are its own.
arrayMap(g -> (g, arrayMap(i -> toInt64(((g.1 != 'male' AND i <= last_band) OR (g.1 != 'female' AND i > last_band))
        AND i % (last_band + 1) >= g.2 AND i % (last_band + 1) <= g.3), cells)),
    arrayFilter(g -> g.1 != 'any' OR g.3 - g.2 != last_band, arrayFlatten(arrayMap(sexed -> arrayMap(
        span -> (sexed, span.1, span.2), arrayConcat([(0, last_band)], arrayMap(i -> (i, i), range(last_band + 1)),
            arrayMap(i -> (i, i + 1), range(last_band)))), ['female', 'male', 'any'])))) AS groups,
impersonal AS (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test')),
people AS (
    SELECT patient_id, assumeNotNull(date_of_birth) AS born,
        transform(lowerUTF8(sex), ['f', 'female', 'm', 'male'], ['female', 'female', 'male', 'male'], '') AS sexed
    FROM patients
    WHERE isNotNull(date_of_birth) AND sexed != ''
),
-- Accesses of a person's day by cell: all, those without a team's link, and those that nothing explains.
daily AS (
    SELECT day, organisation_code, staff_id_system, staff_id, max(role) AS role, max(role_name) AS role_name, max(team) AS team,
        sumForEach(hits) AS whole, sumForEach(arrayMap(hit -> hit * NOT (strength >= 'team'), hits)) AS unteamed,
        sumForEach(arrayMap(hit -> hit * (strength < 'organisation'), hits)) AS unexplained
    FROM (
        SELECT a.*, arrayMap(i -> toInt64(i = arrayCount(edge -> edge <= age('year', p.born, a.day), edges)
            + if(p.sexed = 'male', last_band + 1, 0)), cells) AS hits
        FROM access_links AS a INNER JOIN people AS p ON p.patient_id = a.patient_id
        WHERE a.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
            AND a.day <= arrayMax({days:Array(Date)})
    )
    GROUP BY day, organisation_code, staff_id_system, staff_id
),
-- The same over the look-back: of the person, and of all in their role, their team and their organisation.
persons AS (
    SELECT w.*, length(groups) * countIf(arraySum(w.level.2) >= {patients_min:UInt32}) OVER (PARTITION BY day) AS tests
    FROM (
        SELECT day, organisation_code, staff_id_system, staff_id, role_name, team, sumForEach(d.whole) OVER past AS own,
            sumForEach(d.unteamed) OVER past AS own_unteamed, sumForEach(d.whole) OVER of_role AS by_role,
            sumForEach(d.whole) OVER of_team AS by_team, sumForEach(d.whole) OVER of_all AS by_all,
            arrayJoin([('organisation', sumForEach(d.unexplained) OVER past, d.unexplained), ('team', own_unteamed, d.unteamed)]) AS level
        FROM daily AS d
        WINDOW past AS (PARTITION BY organisation_code, staff_id_system, staff_id ORDER BY day
                RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW),
            of_role AS (PARTITION BY organisation_code, role ORDER BY day
                RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW),
            of_team AS (PARTITION BY organisation_code, team ORDER BY day
                RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW),
            of_all AS (PARTITION BY organisation_code ORDER BY day
                RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW)
    ) AS w
),
-- What would be usual is the largest of three shares: of the role drawn to the organisation's, of the team and of the
-- person's own linked work drawn to the role's. Whoever makes most of an organisation's accesses has no peers. One row
-- per person, level of link and group that stands out.
outstanding AS (
    SELECT p.day AS day, p.organisation_code AS organisation_code, p.staff_id_system AS staff_id_system,
        p.staff_id AS staff_id, p.role_name AS role_name, p.tests AS tests, p.level.1 AS level, arrayJoin(groups) AS g,
        arraySum(p.level.2) AS unlinked, dotProduct(p.level.2, g.2) AS hits,
        arraySum(p.own) AS own_all, dotProduct(p.own, g.2) AS own_hits,
        (dotProduct(p.by_all, g.2) - own_hits + 1) / (arraySum(p.by_all) - own_all + 1) AS organisation_share,
        {prior_weight:Float64} AS prior,
        (dotProduct(p.by_role, g.2) - own_hits + prior * organisation_share) / (arraySum(p.by_role) - own_all + prior) AS role_share,
        (dotProduct(p.by_team, g.2) - own_hits + prior * role_share) / (arraySum(p.by_team) - own_all + prior) AS team_share,
        (own_hits - dotProduct(p.own_unteamed, g.2) + prior * role_share)
            / (own_all - arraySum(p.own_unteamed) + prior) AS linked_share,
        greatest(role_share, linked_share, if(p.team = '', 0, team_share)) AS usual_share
    FROM persons AS p
    WHERE p.day IN {days:Array(Date)} AND (p.staff_id_system, p.staff_id) NOT IN (SELECT staff_id_system, staff_id FROM impersonal)
        AND hits >= {patients_min:UInt32} AND dotProduct(p.level.3, g.2) > 0
        AND hits >= {lift_min:Float64} * unlinked * usual_share AND arraySum(p.by_all) - own_all >= own_all
),
-- Their accesses, with each patient counted once; the chance is binomial, mid-p.
counted AS (
    SELECT s.day AS day, s.organisation_code AS organisation_code, s.staff_id_system AS staff_id_system,
        s.staff_id AS staff_id, any(s.role_name) AS role_name, any(s.tests) AS tests, s.level AS level, s.g.1 AS g,
        any(s.unlinked) AS unlinked, any(s.usual_share) AS usual_share, uniqExact(a.patient_id) AS patients,
        groupUniqArray((a.day, a.patient_id)) AS looks,
        arrayMap(j -> exp(lgamma(unlinked + 1) - lgamma(j + 1) - lgamma(unlinked - j + 1) + j * log(usual_share)
            + (unlinked - j) * log(1 - usual_share)), range(toUInt32(patients), toUInt32(unlinked) + 1)) AS tail,
        arraySum(tail) - (1 - arrayAvg([0, 1])) * tail[1] AS p
    FROM access_links AS a
    INNER JOIN outstanding AS s ON s.organisation_code = a.organisation_code AND s.staff_id_system = a.staff_id_system
        AND s.staff_id = a.staff_id
    INNER JOIN people AS who ON who.patient_id = a.patient_id
    WHERE a.day <= s.day AND a.day >= subtractDays(s.day, {lookback_days:UInt32}) AND (a.strength < 'organisation' OR s.level = 'team' AND NOT a.strength >= 'team')
        AND (s.g.1.1 = 'any' OR s.g.1.1 = who.sexed)
        AND arrayCount(edge -> edge <= age('year', who.born, a.day), edges) BETWEEN s.g.1.2 AND s.g.1.3
    GROUP BY s.day, s.organisation_code, s.staff_id_system, s.staff_id, s.level, s.g
),
-- Benjamini and Hochberg's q over all comparisons of the day, and the person's group of the smallest.
fired AS (
    SELECT day, organisation_code, staff_id_system, staff_id,
        argMin((role_name, level, g, unlinked, usual_share, patients, looks, q), (p, level, g.3 - g.2, g.1 = 'any', g)) AS best
    FROM (SELECT c.*, p * tests / count() OVER (PARTITION BY day ORDER BY p) AS q FROM counted AS c)
    WHERE patients >= {patients_min:UInt32} AND q <= {q_max:Float64}
    GROUP BY day, organisation_code, staff_id_system, staff_id
),
found AS (
    SELECT f.day AS day, f.organisation_code AS organisation_code, f.staff_id_system AS staff_id_system,
        f.staff_id AS staff_id, any(f.best) AS best, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f USING (organisation_code, staff_id_system, staff_id)
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND has(f.best.7, (e.day, e.patient_id))
    GROUP BY f.day, f.organisation_code, f.staff_id_system, f.staff_id
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- How far above what is usual, and how far below what chance may do; a link of the organisation weighs.
    round(if(best.2 = 'team', {organisation_weight:Float64}, 1) * (1 - best.4 * best.5 / best.6)
        * log(best.8) / (log(best.8) + log({q_max:Float64})), 4) AS score,
    map('role', toString(best.1), 'patients', toString(best.6), 'unlinked', toString(best.4),
        'group', concat(if(best.3.1 = 'any', '', concat(best.3.1, ' ')), 'patients', multiIf(
            best.3.3 - best.3.2 = last_band, ' of all ages', best.3.2 = 0, concat(' under ', toString(edges[best.3.3 + 1])),
            best.3.3 = last_band, concat(' of ', toString(edges[best.3.2]), ' and over'),
            concat(' aged ', toString(edges[best.3.2]), ' to ', toString(edges[best.3.3 + 1] - 1)))),
        'link', if(best.2 = 'team', 'no link of their team explains', 'nothing explains'),
        'expected', toString(round(best.4 * best.5, 1)), 'once_in', toString(round(round(exp10(log10(1 / best.8) - floor(log10(1 / best.8))), 1) * exp10(floor(log10(1 / best.8))))),
        'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found
