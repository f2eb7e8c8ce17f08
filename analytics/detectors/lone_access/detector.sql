/* @detector
id: lone_access
version: 2
title: Looks that neither care nor colleagues account for
status: active
severity: medium
mode: scheduled
schedule: "6-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 42
grace_days: 3
params:
  { coverage_min: 0.9, chance_max: 0.01, company_days: 14, prior_weight: 50, dispersion_weight: 0.01, lookback_days: 42 }
needs: [care_relationships]
silenced_by: organisation
reason: "{staff} opened a record that nothing explains and that nobody else of {organisation} had opened in {company_days} days. Such looks among their accesses of {window} days: {lone} of {accesses}; among those of others in the role: {per_thousand} in 1000. {area} Feeds explain {coverage} of what staff there open in this role."
@detector */
WITH
-- Looks of the judged days that nothing explains, where feeds tell of nearly all care: one row per access.
judged AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role, role_name, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'organisation', back_days = {lookback_days:UInt32} - {company_days:UInt32})
    WHERE strength = 'none' AND coverage >= {coverage_min:Float64}
        AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
),
-- All such looks there in the days that count, whoever's.
unexplained AS MATERIALIZED (
    SELECT day, organisation_code, staff_id_system, staff_id, patient_id, role
    FROM access_links
    WHERE day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32} - {company_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND strength = 'none' AND organisation_code IN (SELECT organisation_code FROM judged)
),
-- A person's identifiers are no company to one another.
persons AS (SELECT staff_id_system, staff_id, person_key FROM staff_identities WHERE person_key != ''),
-- Who of the organisation opened these records, and when: one row per organisation and patient.
company AS (
    SELECT organisation_code, patient_id, groupUniqArray((a.day, if(p.person_key != '', p.person_key, concat(a.staff_id_system, '|', a.staff_id)))) AS openings
    FROM accesses AS a
    LEFT JOIN persons AS p ON p.staff_id_system = a.staff_id_system AND p.staff_id = a.staff_id
    WHERE a.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day <= arrayMax({days:Array(Date)}) AND a.user_events > 0 AND (a.organisation_code, a.patient_id) IN (SELECT organisation_code, patient_id FROM unexplained)
    GROUP BY a.organisation_code, a.patient_id
),
-- Those looks before which nobody else opened the record for so long: one row per access.
lone AS MATERIALIZED (
    SELECT u.day AS day, u.organisation_code AS organisation_code, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id, u.patient_id AS patient_id, u.role AS role
    FROM unexplained AS u INNER JOIN company AS c ON c.organisation_code = u.organisation_code AND c.patient_id = u.patient_id
    LEFT JOIN persons AS p ON p.staff_id_system = u.staff_id_system AND p.staff_id = u.staff_id
    WHERE NOT arrayExists(opening -> opening.1 <= u.day AND opening.1 > subtractDays(u.day, {company_days:UInt32}) AND opening.2 != if(p.person_key != '', p.person_key, concat(u.staff_id_system, '|', u.staff_id)), c.openings)
),
-- Of the judged looks, the lone ones, at patients of whose care there nothing was on record by then: one row per access.
asked AS MATERIALIZED (
    SELECT j.day AS day, j.staff_id_system AS staff_id_system, j.staff_id AS staff_id, j.organisation_code AS organisation_code, j.patient_id AS patient_id, j.role AS role, j.role_name AS role_name, j.coverage AS coverage
    FROM judged AS j LEFT JOIN (
        SELECT patient_id, arrayJoin([toString(organisation_code), toString(related_organisation_code)]) AS code, min(toDate32(starts_at, 'Europe/London')) AS known_from
        FROM care_relationships WHERE patient_id IN (SELECT patient_id FROM judged) GROUP BY patient_id, code
    ) AS k ON k.patient_id = j.patient_id AND k.code = j.organisation_code
    WHERE (k.code = '' OR k.known_from > j.day) AND (j.day, j.organisation_code, j.staff_id_system, j.staff_id, j.patient_id) IN (SELECT day, organisation_code, staff_id_system, staff_id, patient_id FROM lone)
),
-- Accesses and lone looks by role and in all, over the days that count: one row per day, organisation and role.
circles AS (
    SELECT day, organisation_code, role, sum(c.opened) OVER of_role AS by_role, sum(c.opened) OVER of_all AS by_all, sum(c.lone) OVER of_role AS role_lone, sum(c.lone) OVER of_all AS all_lone
    FROM (
        SELECT k.day AS day, k.organisation_code AS organisation_code, k.role AS role, toInt64(k.accesses) AS opened, toInt64(l.lone) AS lone
        FROM link_coverage AS k
        LEFT JOIN (SELECT day, organisation_code, role, count() AS lone FROM lone GROUP BY day, organisation_code, role) AS l
            ON l.day = k.day AND l.organisation_code = k.organisation_code AND l.role = k.role
        WHERE k.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32} - {company_days:UInt32}) AND k.day <= arrayMax({days:Array(Date)})
    ) AS c WINDOW of_role AS (PARTITION BY organisation_code, role ORDER BY day RANGE BETWEEN {lookback_days:UInt32} - {company_days:UInt32} - 1 PRECEDING AND CURRENT ROW),
        of_all AS (PARTITION BY organisation_code ORDER BY day RANGE BETWEEN {lookback_days:UInt32} - {company_days:UInt32} - 1 PRECEDING AND CURRENT ROW)
),
-- And of the persons: one row per person's judged day.
own AS (
    SELECT a.day AS day, a.organisation_code AS organisation_code, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id, sum(s.opened) AS own, sum(s.lone) AS own_lone
    FROM (
        SELECT day, organisation_code, staff_id_system, staff_id, toInt64(accesses) AS opened, toInt64(0) AS lone FROM staff_link_days
        WHERE day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32} - {company_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
            AND (organisation_code, staff_id_system, staff_id) IN (SELECT organisation_code, staff_id_system, staff_id FROM asked)
        UNION ALL
        SELECT day, organisation_code, staff_id_system, staff_id, toInt64(0) AS opened, toInt64(1) AS lone FROM lone
    ) AS s
    INNER JOIN (SELECT DISTINCT day, organisation_code, staff_id_system, staff_id FROM asked) AS a ON a.organisation_code = s.organisation_code AND a.staff_id_system = s.staff_id_system AND a.staff_id = s.staff_id
    WHERE s.day <= a.day AND s.day > subtractDays(a.day, {lookback_days:UInt32} - {company_days:UInt32})
    GROUP BY a.day, a.organisation_code, a.staff_id_system, a.staff_id
),
-- Where the patients live, and how often each organisation's linked patients live there: one row per patient, per day and organisation.
homes AS (
    SELECT q.patient_id AS patient_id, if(q.area_code != '', q.area_code, toString(g.area_code)) AS area_code
    FROM (SELECT patient_id, toString(area_code) AS area_code, gp_practice_code FROM patients WHERE patient_id IN (SELECT patient_id FROM asked)) AS q
    LEFT JOIN organisations AS g ON g.organisation_code = q.gp_practice_code
),
flows AS (
    SELECT d.day AS day, f.organisation_code AS organisation_code, sumMap(map(f.area_code, f.patients)) AS by_area
    FROM (SELECT DISTINCT day FROM asked) AS d
    CROSS JOIN (
        SELECT day, organisation_code, toString(area_code) AS area_code, toUInt64(explained_patients) AS patients FROM area_flows
        WHERE day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)}) AND area_code != ''
    ) AS f
    WHERE f.day <= d.day AND f.day > subtractDays(d.day, {lookback_days:UInt32}) GROUP BY d.day, f.organisation_code
),
-- What is expected of the person: the others' share in the role, drawn to that of all others. And how usual the area is there.
expected AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id, a.organisation_code AS organisation_code, a.patient_id AS patient_id,
        a.role_name AS role_name, a.coverage AS coverage, o.own AS own, o.own_lone AS own_lone, (1 - {dispersion_weight:Float64}) / {dispersion_weight:Float64} AS size,
        (greatest(0, c.role_lone - o.own_lone) + {prior_weight:Float64} * (greatest(0, c.all_lone - o.own_lone) + 1) / (c.by_all - o.own + 1))
            / (c.by_role - least(c.by_role, o.own) + {prior_weight:Float64}) AS share,
        if(h.area_code = '' OR empty(f.by_area), 1, (f.by_area[h.area_code] + 1) / (arrayMax(mapValues(f.by_area)) + 1)) AS usual
    FROM asked AS a
    INNER JOIN own AS o ON o.day = a.day AND o.organisation_code = a.organisation_code AND o.staff_id_system = a.staff_id_system AND o.staff_id = a.staff_id
    INNER JOIN circles AS c ON c.day = a.day AND c.organisation_code = a.organisation_code AND c.role = a.role
    LEFT JOIN homes AS h ON h.patient_id = a.patient_id
    LEFT JOIN flows AS f ON f.day = a.day AND f.organisation_code = a.organisation_code
),
-- The beta-binomial chance of as many lone looks, mid-p, and of one at a patient from there.
tested AS (
    SELECT e.*, arrayMap(j -> exp(lgamma(own + 1) - lgamma(j + 1) - lgamma(own - j + 1) + lgamma(j + share * size) + lgamma(own - j + (1 - share) * size)
            - lgamma(own + size) + lgamma(size) - lgamma(share * size) - lgamma((1 - share) * size)), range(toUInt32(own_lone), toUInt32(own) + 1)) AS tail,
        (arraySum(tail) - (1 - arrayAvg([0, 1])) * tail[1]) * usual AS chance FROM expected AS e WHERE share < 1
)
SELECT t.staff_id_system AS staff_id_system, t.staff_id AS staff_id, t.organisation_code AS organisation_code, t.patient_id AS patient_id, t.day AS day,
    v.events[1].1 AS first_at, v.events[-1].1 AS last_at,
    -- By how many places of a decimal fraction chance would have to be likelier: one is a third, four are two thirds.
    round(1 - 1 / (1 + log10({chance_max:Float64} / greatest(t.chance, exp10(-100 * 1))) / (1 + 1)), 4) AS score,
    map('role', toString(t.role_name), 'organisation', if(g.name = '', toString(t.organisation_code), g.name), 'lone', toString(t.own_lone),
        'accesses', toString(t.own), 'window', toString({lookback_days:UInt32} - {company_days:UInt32}), 'company_days', toString({company_days:UInt32}),
        'per_thousand', toString(round(100 * t.share * exp10(1), 1)), 'coverage', concat(toString(round(100 * t.coverage)), ' %'),
        'area', if(t.usual = 1, 'The patient lives where most of its linked patients do, or nobody knows where.', concat('Of its linked patients one comes from where this one lives for every ', toString(round(1 / t.usual)), ' from where most do.'))) AS facts,
    arrayMap(event -> event.3, v.events) AS event_ids, arrayMap(event -> toString(event.2), v.events) AS sources
FROM tested AS t
INNER JOIN (
    SELECT day, organisation_code, staff_id_system, staff_id, patient_id, arraySort(groupUniqArray((occurred_at, source, event_id))) AS events
    FROM committed_events
    WHERE day IN {days:Array(Date)} AND trigger != 'system' AND outcome IN ('success', 'unknown')
        AND (organisation_code, staff_id, patient_id) IN (SELECT organisation_code, staff_id, patient_id FROM asked)
    GROUP BY day, organisation_code, staff_id_system, staff_id, patient_id
) AS v ON v.day = t.day AND v.organisation_code = t.organisation_code AND v.staff_id_system = t.staff_id_system AND v.staff_id = t.staff_id AND v.patient_id = t.patient_id
LEFT JOIN organisations AS g ON g.organisation_code = t.organisation_code
WHERE t.chance <= {chance_max:Float64}
