/* @detector
id: unlinked_share
version: 5
title: More unexplained looks than the person's role has
status: active
severity: medium
mode: scheduled
schedule: "5-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 56
grace_days: 3
params:
  { once_in_max: "100000000", q_max: 0.2, unlinked_min: 3, prior_weight: 30, dispersion_weight: 0.02, deviations_weight: 3,
    teamless_share_max: 0.5, coverage_min: 0.8, team_weight: 0.25, organisation_weight: 0.45, lookback_days: 56 }
needs: [care_relationships]
silenced_by: team
reason: "{staff} made {unlinked} accesses that {link} among {accesses} in {lookback_days} days, {added} of them on this day. For others in the role at {organisation} {expected} would be expected; corrected for all who were active that day, chance and differences between people make so many once in {once_in}."
@detector */
WITH
-- A person's day: accesses, those that nothing explains, and those that no link of the team explains.
daily AS (
    SELECT day, organisation_code, staff_id_system, staff_id, sipHash64(organisation_code, staff_id_system, staff_id) AS person,
        organisation_type, role, role_name, toInt64(accesses) AS opened, toInt64(unexplained) AS without, toInt64(unlinked) AS unteamed, toInt64(arrayCount(look -> look.1 < 'organisation', untold_looks)) AS untold_without, toInt64(length(untold_looks)) AS untold
    FROM staff_link_days
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
),
-- The same of all in a role and in an organisation over the look-back, with what nobody can tell: one row per day and those two.
circles AS (
    SELECT day, organisation_code, role, sum(c.opened) OVER of_role AS by_role, sum(c.opened) OVER of_all AS by_all,
        sum(c.without) OVER of_role AS role_without, sum(c.without) OVER of_all AS all_without,
        sum(c.unteamed) OVER of_role AS role_unteamed, sum(c.unteamed) OVER of_all AS all_unteamed
    FROM (SELECT day, organisation_code, role, sum(d.opened) AS opened, sum(d.without + d.untold_without) AS without, sum(d.unteamed + d.untold) AS unteamed
        FROM daily AS d GROUP BY day, organisation_code, role) AS c
    WINDOW of_role AS (PARTITION BY organisation_code, role ORDER BY day RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW),
        of_all AS (PARTITION BY organisation_code ORDER BY day RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW)
),
-- And of the person. The window sorts, so it has the figures alone: one row per person's day, by a hash of the person.
pasts AS (
    SELECT day, person, sum(d.opened) OVER past AS own, sum(d.without) OVER past AS own_without, sum(d.unteamed) OVER past AS own_unteamed, sum(d.untold_without) OVER past AS own_untold_without, sum(d.untold) OVER past AS own_untold
    FROM daily AS d WINDOW past AS (PARTITION BY person ORDER BY day RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW)
),
-- One row per person's judged day and level of link: that day's, the person's, the role's and the organisation's without it.
persons AS (
    SELECT d.day AS day, d.organisation_code AS organisation_code, d.staff_id_system AS staff_id_system, d.staff_id AS staff_id,
        d.organisation_type AS organisation_type, d.role_name AS role_name, p.own AS own, c.by_role AS by_role, c.by_all AS by_all,
        arrayJoin([('organisation', d.without, p.own_without, c.role_without, c.all_without, p.own_untold_without),
            ('team', d.unteamed, p.own_unteamed, c.role_unteamed, c.all_unteamed, p.own_untold)]) AS level
    FROM daily AS d
    INNER JOIN (SELECT x.* FROM pasts AS x WHERE day IN {days:Array(Date)}) AS p ON p.person = d.person AND p.day = d.day
    INNER JOIN circles AS c ON c.day = d.day AND c.organisation_code = d.organisation_code AND c.role = d.role
    WHERE d.day IN {days:Array(Date)}
),
-- The share that is expected: the others' in the role, drawn to that of all others in the organisation. And by how much
-- people differ from what all in the role have, beyond chance.
expected AS MATERIALIZED (
    SELECT day, organisation_code, staff_id_system, staff_id, organisation_type, role_name,
        own AS accesses, level.1 AS link, level.2 AS added, level.3 AS unlinked, level.3 + level.6 AS maybe,
        (level.5 - maybe + 1) / (by_all - own + 1) AS organisation_share,
        (level.4 - maybe + {prior_weight:Float64} * organisation_share) / (by_role - own + {prior_weight:Float64}) AS share,
        (level.4 + {prior_weight:Float64} * level.5 / by_all) / (by_role + {prior_weight:Float64}) AS pooled,
        abs(unlinked - own * pooled) AS deviation, own * pooled * (1 - pooled) AS variance
    FROM persons
),
-- The dispersion among all in organisations of the type, by moments, drawn to a small one; and again and again with each
-- deviation cut at so many of the standard deviations, and a look more, that the last one gives; where the team's link is
-- missing, it is hardly cut, since many differ there. One row per day, type and level, with all that differs beyond chance.
types AS (
    SELECT day, organisation_type, link, all_pairs, cut_at, sum(length(people)) OVER (PARTITION BY day) AS tests,
        arraySum(person -> pow(least(person.1, 1 + {deviations_weight:Float64} * sqrt(person.2 * (1 + (person.3 - 1) * cut_at))), 1 + 1) - person.2, people) AS all_excess
    FROM (
        SELECT day, organisation_type, link, arraySort(groupArray((deviation, variance, accesses))) AS people,
            arraySum(person -> (person.3 - 1) * person.2, people) AS all_pairs,
            if(link = 'team', 1, arrayFold((last, round) -> least(1, greatest({prior_weight:Float64} * {dispersion_weight:Float64},
                {prior_weight:Float64} * {dispersion_weight:Float64} + arraySum(person -> pow(least(person.1, 1 + {deviations_weight:Float64} * sqrt(person.2 * (1 + (person.3 - 1) * last))), 1 + 1)
                    - person.2, people)) / (all_pairs + {prior_weight:Float64})), range(toUInt32((1 + 1) * log(length(people))) + 1), toFloat64(1))) AS cut_at
        FROM expected GROUP BY day, organisation_type, link
    )
),
-- The same without the person, for who has more than expected and added to it on the day: one row per person's day and level.
spread AS (
    SELECT e.*, t.tests AS tests, (greatest(t.all_excess + e.variance - pow(least(e.deviation,
            1 + {deviations_weight:Float64} * sqrt(e.variance * (1 + (e.accesses - 1) * t.cut_at))), 1 + 1), 0) + {prior_weight:Float64} * {dispersion_weight:Float64})
            / (t.all_pairs - (e.accesses - 1) * e.variance + {prior_weight:Float64}) AS dispersion
    FROM expected AS e INNER JOIN types AS t ON t.day = e.day AND t.organisation_type = e.organisation_type AND t.link = e.link
    WHERE e.added > 0 AND e.unlinked >= {unlinked_min:UInt32} AND e.unlinked > e.accesses * e.share
        AND if(e.link = 'team', e.unlinked <= e.accesses * {teamless_share_max:Float64}, 1 - e.share >= {coverage_min:Float64})
),
-- The beta-binomial chance of as many, mid-p.
tested AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role_name, accesses, link, added, unlinked, share, tests,
        (1 - dispersion) / dispersion AS size, share * size AS a, (1 - share) * size AS b,
        arrayMap(j -> exp(lgamma(accesses + 1) - lgamma(j + 1) - lgamma(accesses - j + 1) + lgamma(j + a)
            + lgamma(accesses - j + b) - lgamma(accesses + size) + lgamma(size) - lgamma(a) - lgamma(b)),
            range(toUInt32(unlinked), toUInt32(accesses) + 1)) AS tail,
        (arraySum(tail) - (1 - arrayAvg([0, 1])) * tail[1]) / if(link = 'team', {team_weight:Float64}, 1) AS p
    FROM spread
    WHERE dispersion < 1
),
-- Benjamini and Hochberg's q over all people of the day and both levels, and the person's smaller one.
fired AS (
    SELECT day, organisation_code, staff_id_system, staff_id,
        argMin((role_name, accesses, link, added, unlinked, share, q), (p, link)) AS best
    FROM (SELECT t.*, p * tests / count() OVER (PARTITION BY day ORDER BY p) AS q FROM tested AS t)
    WHERE q <= {q_max:Float64} GROUP BY day, organisation_code, staff_id_system, staff_id
),
-- The accesses of the day that are without that link, and their events.
looks AS (
    SELECT f.day AS day, f.organisation_code AS organisation_code, f.staff_id_system AS staff_id_system,
        f.staff_id AS staff_id, a.patient_id AS patient_id, f.best AS best
    FROM access_links AS a
    INNER JOIN fired AS f ON f.day = a.day AND f.organisation_code = a.organisation_code
        AND f.staff_id_system = a.staff_id_system AND f.staff_id = a.staff_id
    WHERE a.day IN {days:Array(Date)} AND (a.strength < 'organisation' OR f.best.3 = 'team' AND NOT a.strength >= 'team') AND NOT has(a.explanation_ids, 'team_unknown')
),
found AS (
    SELECT l.day AS day, l.organisation_code AS organisation_code, l.staff_id_system AS staff_id_system,
        l.staff_id AS staff_id, any(l.best) AS best, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN looks AS l ON l.day = e.day AND l.organisation_code = e.organisation_code
        AND l.staff_id_system = e.staff_id_system AND l.staff_id = e.staff_id AND l.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY l.day, l.organisation_code, l.staff_id_system, l.staff_id
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    '' AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- How far above what is expected, and how far below what chance may do; a link of the organisation weighs.
    round(if(best.3 = 'team', {organisation_weight:Float64}, 1) * (1 - best.2 * best.6 / best.5)
        * log(best.7 / {q_max:Float64}) / log(best.7), 4) AS score,
    map('role', toString(best.1), 'accesses', toString(best.2), 'added', toString(best.4), 'unlinked', toString(best.5),
        'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'link', if(best.3 = 'team', 'no link of their team explains', 'nothing explains'),
        'expected', toString(round(best.2 * best.6, 1)), 'once_in',
            concat(toString(round(round(exp10(log10(least(1 / best.7, toFloat64({once_in_max:String}))) - floor(log10(least(1 / best.7, toFloat64({once_in_max:String}))))), 1) * exp10(floor(log10(least(1 / best.7, toFloat64({once_in_max:String}))))))), if(1 / best.7 > toFloat64({once_in_max:String}), ' or more', '')),
        'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
