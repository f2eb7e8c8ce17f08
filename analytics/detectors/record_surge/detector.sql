/* @detector
id: record_surge
version: 1
title: One of many at a record that day, without care
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { people_min: 10, tail_max: 0.001, unlinked_share_min: 0.5, organisation_weight: 0.4, inferred_weight: 0.7, coverage_weight: 0.5, lookback_days: 28 }
needs: [care_relationships]
silenced_by: team
reason: "{staff} was one of {people} people who opened the same record that day, {unlinked} of them without a link of their organisation. Of the records with such care, counted by day over the {lookback_days} days before, one in {one_in} was opened by as many. {link}."
@detector */
WITH
-- Everybody who opened a record on a day: one row per day and record. The pathway is what explains most: an emergency or
-- an admission brings more people to a record than a clinic does.
crowds AS (
    SELECT day, patient_id, uniqExact(staff_id_system, staff_id) AS people,
        uniqExactIf((staff_id_system, staff_id), strength < 'organisation') AS unlinked,
        max(multiIf(hasAny(explanation_ids, ['emergency_attendance', 'conveyance', 'urgent_call']), 'c an emergency',
            has(explanation_ids, 'admission'), 'b an admission', 'a care without a stay')) AS pathway
    FROM access_links
    WHERE day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32} + 1) AND day <= arrayMax({days:Array(Date)})
    GROUP BY day, patient_id
),
-- Those that are crowded, where most of the crowd has no link: one row per day and record.
crowded AS MATERIALIZED (
    SELECT day, patient_id, people, unlinked, pathway
    FROM crowds
    WHERE day IN {days:Array(Date)} AND people >= {people_min:UInt32} AND unlinked >= {unlinked_share_min:Float64} * people
),
-- How rare that is: the share of days and records of the same pathway before, that at least as many people opened, the
-- judged one counted with them (Davison and Hinkley 1997). One row per day and record.
surges AS MATERIALIZED (
    SELECT c.day AS day, c.patient_id AS patient_id, any(c.people) AS people, any(c.unlinked) AS unlinked,
        any(c.pathway) AS pathway, (1 + sum(h.records * (h.people >= c.people))) / (1 + sum(h.records)) AS tail
    FROM crowded AS c
    INNER JOIN (SELECT day, pathway, people, count() AS records FROM crowds GROUP BY day, pathway, people) AS h
        ON h.pathway = c.pathway
    WHERE h.day < c.day AND h.day >= subtractDays(c.day, {lookback_days:UInt32})
    GROUP BY c.day, c.patient_id
    HAVING tail <= {tail_max:Float64}
),
-- Who of the crowd nothing of a team's strength explains: one row per access.
opened AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, strength, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32})
    WHERE (day, patient_id) IN (SELECT day, patient_id FROM surges)
        AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind NOT IN ('', 'person'))
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    -- The larger the crowd, and the larger its part without a link, the higher; the thinner the feeds, the lower.
    round(any(multiIf(f.strength = 'organisation', {organisation_weight:Float64}, f.strength = 'inferred', {inferred_weight:Float64}, 1)
        * (1 - {coverage_weight:Float64} * (1 - f.coverage)) * s.unlinked / (s.people + {people_min:UInt32})), 4) AS score,
    map('role', toString(any(f.role_name)), 'people', toString(any(s.people)), 'unlinked', toString(any(s.unlinked)),
        'one_in', toString(round(1 / any(s.tail))), 'pathway', any(substring(s.pathway, length('a ') + 1)),
        'lookback_days', toString({lookback_days:UInt32}), 'coverage', concat(toString(round(100 * any(f.coverage))), ' %'),
        'link', any(multiIf(f.strength = 'organisation', 'The patient is cared for at their organisation, but nothing names the team',
            f.strength = 'inferred', 'A link to care there is only inferred', 'Nothing explains it'))) AS facts,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).2 AS event_ids,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).3 AS sources
FROM committed_events AS e
INNER JOIN opened AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
    AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
INNER JOIN surges AS s ON s.day = f.day AND s.patient_id = f.patient_id
WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    AND (e.day, e.patient_id) IN (SELECT day, patient_id FROM surges)
GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
