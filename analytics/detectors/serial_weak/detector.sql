/* @detector
id: serial_weak
version: 4
title: Several weak signs on one person
status: active
severity: medium
mode: scheduled
schedule: "9-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 30
params:
  sensitive: "mental|psych|social.?care|safeguard|protection.?plan|substance|addiction|sexual|domestic"
  demographics: "demograph|patient.?details|contact.?details|address|personal.?details"
  hours: "7,20"
  chance_max: 0.05
  kinds_min: 3
  repeat_days_min: 3
  prior_weight: 30
  dispersion_weight: 0.01
  organisation_weight: 0.45
  lookback_days: 30
needs: [care_relationships]
silenced_by: team
reason: "{staff} shows {kinds} unusual things in {lookback_days} days that no link of their team explains, none of them enough alone: {signs}. For others in the role at {organisation} each would be rarer than once in {once_in} people. {unexplained} of the {looks} looks cited nothing explains at all."
@detector */
WITH
['sensitive content', 'demographics alone', 'out of hours', 'other unlinked looks'] AS names,
-- Each access under one kind at most, so that kinds do not overlap; under none where the team is linked.
(strength, hour, sections) -> multiIf(
        strength >= 'team', '',
        arrayExists(name -> match(lowerUTF8(name), {sensitive:String}), sections), names[1],
        notEmpty(sections) AND arrayAll(name -> match(lowerUTF8(name), {demographics:String}), sections), 'demographics alone',
        hour < toUInt8(splitByChar(',', {hours:String})[1]) OR hour >= toUInt8(splitByChar(',', {hours:String})[-1]), 'out of hours',
        names[-1]) AS kind_of,
-- A person's day: accesses, and counts by kind.
daily AS MATERIALIZED (
    SELECT day, organisation_code, staff_id_system, staff_id, sipHash64(organisation_code, staff_id_system, staff_id) AS person,
        role, role_name, toInt64(s.accesses) AS accesses, arrayMap(name -> toInt64(countEqual(kinds, name)), names) AS hits, arrayMap(name -> toInt64(countEqual(untold_kinds, name)), names) AS untold_hits
    FROM (
        SELECT l.*, arrayMap(look -> kind_of(look.1, look.2, look.3), l.unlinked_looks) AS kinds, arrayMap(look -> kind_of(look.1, look.2, look.3), l.untold_looks) AS untold_kinds
        FROM staff_link_days AS l
        WHERE l.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND l.day <= arrayMax({days:Array(Date)})
            AND (l.staff_id_system, l.staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
    ) AS s
),
-- The same of all in a role and in an organisation over the look-back, with what nobody can tell: one row per day and those two.
circles AS (
    SELECT day, organisation_code, role, sum(c.accesses) OVER of_role AS by_role, sum(c.accesses) OVER of_all AS by_all,
        sumForEach(c.hits) OVER of_role AS role_hits, sumForEach(c.hits) OVER of_all AS all_hits
    FROM (
        SELECT day, organisation_code, role, sum(d.accesses) AS accesses, sumForEach(arrayMap((hit, untold) -> hit + untold, d.hits, d.untold_hits)) AS hits
        FROM daily AS d GROUP BY day, organisation_code, role
    ) AS c
    WINDOW of_role AS (PARTITION BY organisation_code, role ORDER BY day RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW),
        of_all AS (PARTITION BY organisation_code ORDER BY day RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW)
),
-- And of the person, of those who can show enough kinds at all. The window sorts, so it has the figures alone: one row per
-- person's day, by the hash of the person.
pasts AS (
    SELECT day, person, sum(d.accesses) OVER past AS own, sumForEach(d.hits) OVER past AS hits, sumForEach(d.untold_hits) OVER past AS untold_hits
    FROM daily AS d
    WHERE person IN (SELECT person FROM daily AS d GROUP BY person HAVING arrayCount(hit -> hit > 1, sumForEach(d.hits)) >= {kinds_min:UInt32} - 1)
    WINDOW past AS (PARTITION BY person ORDER BY day RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND CURRENT ROW)
),
-- One row per person's judged day.
persons AS (
    SELECT d.day AS day, d.organisation_code AS organisation_code, d.staff_id_system AS staff_id_system, d.staff_id AS staff_id,
        d.role_name AS role_name, d.hits AS added, p.own AS own, p.hits AS hits, p.untold_hits AS untold_hits, c.by_role AS by_role, c.by_all AS by_all,
        c.role_hits AS role_hits, c.all_hits AS all_hits
    FROM daily AS d
    INNER JOIN (SELECT x.* FROM pasts AS x WHERE day IN {days:Array(Date)}) AS p ON p.person = d.person AND p.day = d.day
    INNER JOIN circles AS c ON c.day = d.day AND c.organisation_code = d.organisation_code AND c.role = d.role
    WHERE d.day IN {days:Array(Date)}
),
-- By kind, the share that is expected. One row per person's day on which all but one of the kinds asked for stand above it.
-- Computed once and apart, since the chances of all others need not be known.
likely AS MATERIALIZED (
    SELECT p.*,
        arrayMap((hit, untold, of_role, of_all) -> (of_role - hit - untold + {prior_weight:Float64} * (of_all - hit - untold + 1) / (by_all - own + 1))
            / (by_role - own + {prior_weight:Float64}), hits, untold_hits, role_hits, all_hits) AS shares
    FROM persons AS p
    WHERE arrayCount((hit, share) -> hit > 1 AND hit > own * share + sqrt(own * share), hits, shares)
            >= {kinds_min:UInt32} - 1
),
-- The beta-binomial chance of as many, mid-p. One row per person's day on which enough of them are small.
tested AS MATERIALIZED (
    SELECT p.*, (1 - {dispersion_weight:Float64}) / {dispersion_weight:Float64} AS size,
        arrayMap((hit, share) -> if(hit > own * share, arraySum(arrayMap(j -> if(j = hit, arrayAvg([0, 1]), 1)
            * exp(lgamma(own + 1) - lgamma(j + 1) - lgamma(own - j + 1) + lgamma(j + share * size)
                + lgamma(own - j + (1 - share) * size) - lgamma(own + size) + lgamma(size) - lgamma(share * size)
                - lgamma((1 - share) * size)), range(toUInt32(hit), toUInt32(own) + 1))), 1), hits, shares) AS chances,
        arrayFilter(i -> hits[i] > 1 AND chances[i] <= {chance_max:Float64}, arrayEnumerate(names)) AS found_kinds
    FROM likely AS p
    WHERE length(found_kinds) >= {kinds_min:UInt32} - 1 AND arrayExists(i -> added[i] > 0, found_kinds)
),
-- Their unlinked accesses: one row per access.
marked AS (
    SELECT day, organisation_code, staff_id_system, staff_id, patient_id, strength,
        kind_of(strength, toHour(first_at, 'Europe/London'), sections) AS kind
    FROM access_links
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND strength < 'team' AND NOT has(explanation_ids, 'team_unknown') AND (organisation_code, staff_id_system, staff_id) IN (SELECT organisation_code, staff_id_system, staff_id FROM tested)
),
-- Their accesses of those kinds; and patients to whom they came back, by looks that are of none of the first three.
looked AS (
    SELECT t.day AS day, t.organisation_code AS organisation_code, t.staff_id_system AS staff_id_system,
        t.staff_id AS staff_id, any((t.role_name, t.hits, t.own, t.shares, t.chances, t.found_kinds)) AS figures,
        NOT has(figures.6, length(names)) AND arrayMax(mapValues(sumMap(map(m.patient_id, toUInt32(m.kind = names[-1])))))
            >= {repeat_days_min:UInt32} AS comes_back,
        arrayFilter(look -> has(figures.6, indexOf(names, look.1)) OR (comes_back AND look.1 = names[-1]),
            groupUniqArray((m.kind, m.day, m.patient_id, m.strength < 'organisation'))) AS looks,
        arrayMap(look -> (look.2, look.3), looks) AS cited, arrayCount(look -> look.4, looks) AS unexplained
    FROM marked AS m
    INNER JOIN tested AS t ON t.organisation_code = m.organisation_code AND t.staff_id_system = m.staff_id_system
        AND t.staff_id = m.staff_id
    WHERE m.day <= t.day AND m.day >= subtractDays(t.day, {lookback_days:UInt32}) AND m.kind != ''
    GROUP BY t.day, t.organisation_code, t.staff_id_system, t.staff_id
    HAVING length(figures.6) + comes_back >= {kinds_min:UInt32}
),
found AS (
    SELECT l.day AS day, l.organisation_code AS organisation_code, l.staff_id_system AS staff_id_system,
        l.staff_id AS staff_id, any(l.figures) AS figures, any(length(l.cited)) AS looks, any(l.unexplained) AS unexplained,
        any(l.comes_back) AS comes_back, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events,
        any(length(l.figures.6) + l.comes_back) AS kinds
    FROM committed_events AS e
    INNER JOIN looked AS l ON l.organisation_code = e.organisation_code AND l.staff_id_system = e.staff_id_system
        AND l.staff_id = e.staff_id
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND has(l.cited, (e.day, e.patient_id))
    GROUP BY l.day, l.organisation_code, l.staff_id_system, l.staff_id
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    '' AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The sum of the signs, each at most twice one at its threshold; looks that the organisation is linked to weigh.
    round((comes_back + arraySum(arrayMap(i -> least(1 + 1, log(figures.5[i]) / log({chance_max:Float64})), figures.6)))
        / (kinds + kinds) * ({organisation_weight:Float64} + (1 - {organisation_weight:Float64}) * unexplained / looks), 4) AS score,
    map('role', toString(figures.1), 'kinds', toString(kinds), 'looks', toString(looks), 'unexplained', toString(unexplained),
        'signs', concat(arrayStringConcat(arrayMap(i -> concat(names[i], ' (', toString(figures.2[i]), ' of ',
            toString(figures.3), ' accesses, expected ', toString(round(figures.3 * figures.4[i], 1)), ')'), figures.6), ', '),
            if(comes_back, ', the same patient on several days', '')),
        'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'once_in', toString(round(1 / {chance_max:Float64})), 'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
