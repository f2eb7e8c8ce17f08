/* @detector
id: demographics_only
version: 5
title: Unlinked looks at demographics alone
status: signal
severity: medium
mode: scheduled
schedule: "5-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params:
  once_in_max: "100000000"
  demographics: "demograph|patient.?details|contact.?details|address|personal.?details"
  tail_max: 0.01
  unlinked_min: 3
  prior_weight: 30
  dispersion_weight: 0.02
  organisation_weight: 0.45
  lookback_days: 28
needs: [care_relationships]
silenced_by: team
reason: "{staff} opened demographics and nothing else in {unlinked} accesses that {link}, among {accesses} in {lookback_days} days; {added} of them on this day. For others in the role at {organisation} {expected} would be expected; chance and differences between people make so many once in {once_in}."
@detector */
WITH
-- A person's day: accesses of which the sections are known; those to demographics alone that nothing explains, and those
-- that no link of the team explains.
daily AS (
    SELECT day, organisation_code, staff_id_system, staff_id, sipHash64(organisation_code, staff_id_system, staff_id) AS person,
        organisation_type, role, role_name, toInt64(sectioned) AS opened,
        toInt64(arrayCount(look -> look.1 < 'organisation', alone)) AS without, toInt64(length(alone)) AS unteamed, toInt64(arrayCount(look -> look.1 < 'organisation', untold_alone)) AS untold_without, toInt64(length(untold_alone)) AS untold
    FROM (
        SELECT day, organisation_code, staff_id_system, staff_id, organisation_type, role, role_name, sectioned,
            arrayFilter(look -> notEmpty(look.3) AND arrayAll(name -> match(lowerUTF8(name), {demographics:String}), look.3), unlinked_looks) AS alone,
            arrayFilter(look -> notEmpty(look.3) AND arrayAll(name -> match(lowerUTF8(name), {demographics:String}), look.3), untold_looks) AS untold_alone
        FROM staff_link_days
        WHERE sectioned > 0 AND day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
            AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
    )
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
    SELECT day, organisation_code, staff_id_system, staff_id, organisation_type, role_name, own AS accesses,
        level.1 AS link, level.2 AS added, level.3 AS unlinked, level.3 + level.6 AS maybe,
        (level.5 - maybe + 1) / (by_all - own + 1) AS organisation_share,
        (level.4 - maybe + {prior_weight:Float64} * organisation_share) / (by_role - own + {prior_weight:Float64}) AS share,
        (level.4 + {prior_weight:Float64} * level.5 / by_all) / (by_role + {prior_weight:Float64}) AS pooled,
        (unlinked - own * pooled) * (unlinked - own * pooled) - own * pooled * (1 - pooled) AS excess,
        own * (own - 1) * pooled * (1 - pooled) AS pairs
    FROM persons
),
-- How much all in organisations of the type differ, added up in an order that is always the same: one row per day, type and level.
types AS (
    SELECT day, organisation_type, link, arraySum(arraySort(groupArray(excess))) AS all_excess, arraySum(arraySort(groupArray(pairs))) AS all_pairs
    FROM expected GROUP BY day, organisation_type, link
),
-- The dispersion among the others, by moments, drawn to a small one, for who has more than expected and added to it on the day.
spread AS (
    SELECT e.*, (greatest(t.all_excess - e.excess, 0) + {prior_weight:Float64} * {dispersion_weight:Float64})
            / (t.all_pairs - e.pairs + {prior_weight:Float64}) AS dispersion
    FROM expected AS e
    INNER JOIN types AS t ON t.day = e.day AND t.organisation_type = e.organisation_type AND t.link = e.link
    WHERE e.added > 0 AND e.unlinked >= {unlinked_min:UInt32} AND e.unlinked > e.accesses * e.share
),
-- The beta-binomial chance of as many, mid-p.
tested AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role_name, accesses, link, added, unlinked, share,
        (1 - dispersion) / dispersion AS size, share * size AS a, (1 - share) * size AS b,
        arrayMap(j -> exp(lgamma(accesses + 1) - lgamma(j + 1) - lgamma(accesses - j + 1) + lgamma(j + a)
            + lgamma(accesses - j + b) - lgamma(accesses + size) + lgamma(size) - lgamma(a) - lgamma(b)),
            range(toUInt32(unlinked), toUInt32(accesses) + 1)) AS tail,
        arraySum(tail) - (1 - arrayAvg([0, 1])) * tail[1] AS p
    FROM spread
    WHERE dispersion < 1
),
-- Where the chance is small, at either level: the person's smaller one, and of two that differ by how the engine adds up
-- alone the one that nothing explains.
fired AS (
    SELECT day, organisation_code, staff_id_system, staff_id,
        argMin((role_name, accesses, link, added, unlinked, share, p), (toFloat32(p), link)) AS best
    FROM tested
    WHERE p <= {tail_max:Float64} GROUP BY day, organisation_code, staff_id_system, staff_id
),
-- The accesses of the day that are without that link, and their events.
looks AS (
    SELECT f.day AS day, f.organisation_code AS organisation_code, f.staff_id_system AS staff_id_system,
        f.staff_id AS staff_id, a.patient_id AS patient_id, f.best AS best
    FROM access_links AS a
    INNER JOIN fired AS f ON f.day = a.day AND f.organisation_code = a.organisation_code
        AND f.staff_id_system = a.staff_id_system AND f.staff_id = a.staff_id
    WHERE a.day IN {days:Array(Date)} AND notEmpty(a.sections)
        AND arrayAll(name -> match(lowerUTF8(name), {demographics:String}), a.sections) AND (a.strength < 'organisation' OR f.best.3 = 'team' AND NOT a.strength >= 'team') AND NOT has(a.explanation_ids, 'team_unknown')
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
        * log(best.7) / (log(best.7) + log({tail_max:Float64})), 4) AS score,
    map('role', toString(best.1), 'accesses', toString(best.2), 'added', toString(best.4), 'unlinked', toString(best.5),
        'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'link', if(best.3 = 'team', 'no link of their team explains', 'nothing explains'),
        'expected', toString(round(best.2 * best.6, 1)), 'once_in',
            concat(toString(round(round(exp10(log10(least(1 / best.7, toFloat64({once_in_max:String}))) - floor(log10(least(1 / best.7, toFloat64({once_in_max:String}))))), 1) * exp10(floor(log10(least(1 / best.7, toFloat64({once_in_max:String}))))))), if(1 / best.7 > toFloat64({once_in_max:String}), ' or more', '')),
        'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
