/* @detector
id: demographics_only
version: 3
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
    SELECT day, organisation_code, staff_id_system, staff_id, max(organisation_type) AS organisation_type,
        max(role) AS role, max(role_name) AS role_name, toInt64(count()) AS accesses,
        countIf(strength < 'organisation' AND arrayAll(name -> match(lowerUTF8(name), {demographics:String}), sections)) AS unexplained,
        countIf(NOT strength >= 'team' AND arrayAll(name -> match(lowerUTF8(name), {demographics:String}), sections)) AS unteamed
    FROM access_links
    WHERE notEmpty(sections) AND day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND (staff_id_system, staff_id) NOT IN (
            SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
    GROUP BY day, organisation_code, staff_id_system, staff_id
),
-- The same over the look-back: of the person, of their role and of their organisation. One row per person's day and
-- level of link: that day's, the person's, the role's and the organisation's accesses without it.
persons AS (
    SELECT day, organisation_code, staff_id_system, staff_id, organisation_type, role_name, sum(d.accesses) OVER past AS own,
        sum(d.accesses) OVER of_role AS by_role, sum(d.accesses) OVER of_all AS by_all,
        arrayJoin([
            ('organisation', toInt64(d.unexplained), toInt64(sum(d.unexplained) OVER past),
                toInt64(sum(d.unexplained) OVER of_role), toInt64(sum(d.unexplained) OVER of_all)),
            ('team', toInt64(d.unteamed), toInt64(sum(d.unteamed) OVER past),
                toInt64(sum(d.unteamed) OVER of_role), toInt64(sum(d.unteamed) OVER of_all))
        ]) AS level
    FROM daily AS d
    WINDOW past AS (PARTITION BY organisation_code, staff_id_system, staff_id ORDER BY day
            RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW),
        of_role AS (PARTITION BY organisation_code, role ORDER BY day
            RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW),
        of_all AS (PARTITION BY organisation_code ORDER BY day
            RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW)
),
-- The share that is expected: the others' in the role, drawn to that of all others in the organisation. And by how much
-- people differ from what all in the role have, beyond chance.
expected AS (
    SELECT day, organisation_code, staff_id_system, staff_id, organisation_type, role_name, own AS accesses,
        level.1 AS link, level.2 AS added, level.3 AS unlinked,
        (level.5 - unlinked + 1) / (by_all - own + 1) AS organisation_share,
        (level.4 - unlinked + {prior_weight:Float64} * organisation_share) / (by_role - own + {prior_weight:Float64}) AS share,
        (level.4 + {prior_weight:Float64} * level.5 / by_all) / (by_role + {prior_weight:Float64}) AS pooled,
        (unlinked - own * pooled) * (unlinked - own * pooled) - own * pooled * (1 - pooled) AS excess,
        own * (own - 1) * pooled * (1 - pooled) AS pairs
    FROM persons
    WHERE day IN {days:Array(Date)}
),
-- The dispersion among the others in organisations of the type, by moments, drawn to a small one.
spread AS (
    SELECT e.*,
        (greatest(sum(e.excess) OVER (PARTITION BY e.day, e.organisation_type, e.link) - e.excess, 0)
                + {prior_weight:Float64} * {dispersion_weight:Float64})
            / (sum(e.pairs) OVER (PARTITION BY e.day, e.organisation_type, e.link) - e.pairs + {prior_weight:Float64}) AS dispersion
    FROM expected AS e
),
-- The beta-binomial chance of as many, mid-p, for who has more than expected and added to it on the day.
tested AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role_name, accesses, link, added, unlinked, share,
        (1 - dispersion) / dispersion AS size, share * size AS a, (1 - share) * size AS b,
        arrayMap(j -> exp(lgamma(accesses + 1) - lgamma(j + 1) - lgamma(accesses - j + 1) + lgamma(j + a)
            + lgamma(accesses - j + b) - lgamma(accesses + size) + lgamma(size) - lgamma(a) - lgamma(b)),
            range(toUInt32(unlinked), toUInt32(accesses) + 1)) AS tail,
        arraySum(tail) - (1 - arrayAvg([0, 1])) * tail[1] AS p
    FROM spread
    WHERE added > 0 AND unlinked >= {unlinked_min:UInt32} AND unlinked > accesses * share AND dispersion < 1
),
-- Where the chance is small, at either level: the person's smaller one, and of two that differ by how the engine adds up
-- alone the one that nothing explains.
fired AS (
    SELECT day, organisation_code, staff_id_system, staff_id,
        argMin((role_name, accesses, link, added, unlinked, share, p), (toFloat32(p), link)) AS best
    FROM tested
    WHERE p <= {tail_max:Float64}
    GROUP BY day, organisation_code, staff_id_system, staff_id
),
-- The accesses of the day that are without that link, and their events.
looks AS (
    SELECT f.day AS day, f.organisation_code AS organisation_code, f.staff_id_system AS staff_id_system,
        f.staff_id AS staff_id, a.patient_id AS patient_id, f.best AS best
    FROM access_links AS a
    INNER JOIN fired AS f ON f.day = a.day AND f.organisation_code = a.organisation_code
        AND f.staff_id_system = a.staff_id_system AND f.staff_id = a.staff_id
    WHERE a.day IN {days:Array(Date)} AND notEmpty(a.sections)
        AND arrayAll(name -> match(lowerUTF8(name), {demographics:String}), a.sections) AND (a.strength < 'organisation' OR f.best.3 = 'team' AND NOT a.strength >= 'team')
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
