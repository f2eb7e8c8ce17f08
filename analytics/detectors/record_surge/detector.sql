/* @detector
id: record_surge
version: 4
title: One of many at a record that day, outside the team that cares
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { people_min: 10, tail_max: 0.001, excess_min: 1.5, outside_share_min: 0.5, organisation_weight: 0.4, inferred_weight: 0.7, coverage_weight: 0.5, lookback_days: 28 }
needs: [care_relationships]
silenced_by: team
reason: "{staff} was one of {people} people who opened the same record that day, {outside} of them outside {circle} that cares for the patient. Of the records with such care, counted by day over the {lookback_days} days before, one in {one_in} was opened by as many from outside. {beside}. {link}."
@detector */
WITH
-- Everybody who opened a record on a day: one row per day and record. The pathway is what explains most: an emergency or
-- an admission brings more people to a record than a clinic does. Of a stay everybody in the house has the organisation's
-- link, so that only a team's counts; without one an organisation's does, as round the table of a case conference. Who may
-- be of the caring team, theirs not being known, is not outside of it.
crowds AS (
    SELECT day, patient_id, uniqExact(staff_id_system, staff_id) AS people,
        max(multiIf(hasAny(explanation_ids, ['emergency_attendance', 'conveyance', 'urgent_call']), 'c an emergency',
            has(explanation_ids, 'admission'), 'b an admission', 'a care without a stay')) AS pathway,
        people - uniqExactIf((staff_id_system, staff_id), strength >= 'team' OR has(explanation_ids, 'team_unknown')) AS teamless,
        people - uniqExactIf((staff_id_system, staff_id), strength >= 'organisation') AS unlinked,
        if(pathway = 'a care without a stay', least(teamless, unlinked), teamless) AS outside
    FROM access_links
    WHERE day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32} + 1) AND day <= arrayMax({days:Array(Date)})
    GROUP BY day, patient_id
),
-- Those that are crowded, where most of the crowd is of no team that cares: one row per day and record.
crowded AS MATERIALIZED (
    SELECT day, patient_id, people, outside, unlinked, pathway
    FROM crowds
    WHERE day IN {days:Array(Date)} AND people >= {people_min:UInt32} AND outside >= {outside_share_min:Float64} * people
),
-- How rare that is: the share of days and records of the same pathway before, that at least as many people from outside
-- opened, the judged one counted with them (Davison and Hinkley 1997), and of how many more such a crowd has to be than a
-- rare one. One row per day and record.
surges AS MATERIALIZED (
    SELECT c.day AS day, c.patient_id AS patient_id, any(c.people) AS people, any(c.outside) AS outside,
        any(c.unlinked) AS unlinked, any(c.pathway) AS pathway,
        (1 + sum(h.records * (h.outside >= c.outside))) / (1 + sum(h.records)) AS as_many,
        (1 + sum(h.records * (h.outside * {excess_min:Float64} >= c.outside))) / (1 + sum(h.records)) AS tail
    FROM crowded AS c
    INNER JOIN (SELECT day, pathway, outside, count() AS records FROM crowds GROUP BY day, pathway, outside) AS h
        ON h.pathway = c.pathway
    WHERE h.day < c.day AND h.day >= subtractDays(c.day, {lookback_days:UInt32})
    GROUP BY c.day, c.patient_id
    HAVING tail <= {tail_max:Float64}
),
-- Who of the crowd nothing of a team's strength explains: one row per access. `records` tells an incident, which brings
-- crowds to many records of a house at once, from curiosity, which brings one to one.
opened AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, strength, coverage,
        uniqExact(patient_id) OVER (PARTITION BY day, organisation_code) AS records
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32})
    WHERE (day, patient_id) IN (SELECT day, patient_id FROM surges)
        AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind NOT IN ('', 'person'))
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    -- The larger the crowd, and the larger its part from outside, the higher; the thinner the feeds, and the more such
    -- records, the lower.
    round(any(multiIf(f.strength = 'organisation', {organisation_weight:Float64}, f.strength = 'inferred', {inferred_weight:Float64}, 1)
        * (1 - {coverage_weight:Float64} * (1 - f.coverage)) * s.outside / (s.people + {people_min:UInt32}) / f.records), 4) AS score,
    map('role', toString(any(f.role_name)), 'people', toString(any(s.people)), 'outside', toString(any(s.outside)),
        'circle', any(if(s.pathway = 'a care without a stay', 'any organisation', 'any team')),
        'unlinked', toString(any(s.unlinked)), 'one_in', toString(round(1 / any(s.as_many))), 'pathway', any(substring(s.pathway, length('a ') + 1)),
        'lookback_days', toString({lookback_days:UInt32}), 'coverage', concat(toString(round(100 * any(f.coverage))), ' %'),
        'beside', if(any(f.records) = 1, 'No other record was as crowded there that day',
            concat(toString(any(f.records)), ' records were as crowded there that day, as after an incident')),
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
