/* @detector
id: shared_surname
version: 3
title: Their own surname, more often than chance
status: signal
severity: low
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params: { false_share_max: 0.01, coverage_min: 0.5, not_family_names: "KAUR,SINGH,BEGUM,BIBI,KHATUN,KHATOON,AKHTAR,AKTER,AKTHER,BANO,BANU,DEVI,KUMARI,KUMAR,NESSA,SULTANA,PARVIN,PARVEEN", organisation_weight: 0.4, prior_weight: 0.5, lookback_days: 28 }
needs: [staff, patients, care_relationships]
silenced_by: team
reason: "{staff} opened {namesakes} records with their own surname, of {patients} in {lookback_days} days to which no link leads to their team; the share of that name at {organisation} would give {expected}. {link}."
@detector */
WITH
-- The surnames of staff, whole and by parts of a double name: one row per identifier and name. Names that are not a
-- family's (they tell sex or faith) say nothing, and a surname never stands alone: it is a proxy for ethnicity.
names AS MATERIALIZED (
    SELECT DISTINCT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id,
        arrayJoin(arrayConcat([upperUTF8(trimBoth(s.surname))], splitByChar('-', upperUTF8(trimBoth(s.surname))))) AS surname
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    INNER JOIN staff AS s ON s.staff_id_system = q.staff_id_system AND s.staff_id = q.staff_id
    WHERE p.kind = 'person' AND q.kind = 'person' AND (p.staff_id_system, p.staff_id) IN (
        SELECT staff_id_system, staff_id FROM access_links WHERE day IN {days:Array(Date)} AND strength < 'team')
),
-- Patients opened up to then by surname, whole and by parts: one row per patient and name that is a family's. Staff
-- themselves are left out.
named AS MATERIALIZED (
    SELECT patient_id, name
    FROM (
        SELECT patient_id, upperUTF8(trimBoth(surname)) AS whole FROM patients WHERE surname != '' AND patient_id NOT IN (SELECT nhs_number FROM staff WHERE nhs_number != '')
            AND patient_id IN (SELECT patient_id FROM access_links WHERE day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)}))
    )
    ARRAY JOIN arrayDistinct(arrayConcat([whole], splitByChar('-', whole))) AS name
    WHERE name NOT IN splitByChar(',', {not_family_names:String}) AND name != '' AND name IN (SELECT surname FROM names)
),
-- Who opened a namesake on the days, where feeds tell of enough care: one row per day, identifier, organisation, name,
-- and whether an organisation's link leads to those patients, for the two are judged apart.
openers AS MATERIALIZED (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id,
        u.organisation_code AS organisation_code, u.strength >= 'organisation' AS is_linked, n.surname AS surname,
        any(u.role_name) AS role, min(u.coverage) AS coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32}) AS u
    INNER JOIN names AS n ON n.staff_id_system = u.staff_id_system AND n.staff_id = u.staff_id
    INNER JOIN named AS r ON r.patient_id = u.patient_id AND r.name = n.surname
    WHERE u.coverage >= {coverage_min:Float64}
    GROUP BY ALL
),
-- The patients of those names: one row per patient and name.
namesakes AS MATERIALIZED (SELECT patient_id, name FROM named WHERE name IN (SELECT surname FROM openers)),
-- What each of them opened like that over the days up to then: one row per opener.
habits AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.organisation_code AS organisation_code,
        c.is_linked AS is_linked, c.surname AS surname, any(c.role) AS role, any(c.coverage) AS coverage,
        uniqExact(a.patient_id) AS patients,
        groupUniqArrayIf((a.day, a.patient_id), (a.patient_id, c.surname) IN (SELECT patient_id, name FROM namesakes)) AS accesses
    FROM access_links AS a
    INNER JOIN openers AS c ON c.staff_id_system = a.staff_id_system AND c.staff_id = a.staff_id
        AND c.organisation_code = a.organisation_code AND c.is_linked = (a.strength >= 'organisation')
    WHERE a.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.strength < 'team'
        AND a.day <= c.day AND a.day > subtractDays(c.day, {lookback_days:UInt32})
    GROUP BY c.day, c.staff_id_system, c.staff_id, c.organisation_code, c.is_linked, c.surname
),
-- How often those of the name were opened at the site with a link, and all: one row per day, organisation and name.
shares AS (
    SELECT c.day AS day, c.organisation_code AS organisation_code, c.surname AS surname,
        uniqExact(a.day, a.staff_id_system, a.staff_id, a.patient_id) AS seen
    FROM access_links AS a
    INNER JOIN namesakes AS n ON n.patient_id = a.patient_id
    INNER JOIN (SELECT DISTINCT day, organisation_code, surname FROM openers) AS c
        ON c.organisation_code = a.organisation_code AND c.surname = n.name
    WHERE a.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.strength >= 'organisation'
        AND a.day <= c.day AND a.day > subtractDays(c.day, {lookback_days:UInt32})
    GROUP BY c.day, c.organisation_code, c.surname
),
-- All accesses there with a link over the same days: one row per day and organisation.
sites AS (
    SELECT day, organisation_code, sum(linked) OVER (PARTITION BY organisation_code ORDER BY day RANGE BETWEEN {lookback_days:UInt32} - 1 PRECEDING AND CURRENT ROW) AS explained
    FROM (
        SELECT l.day AS day, l.organisation_code AS organisation_code, sum(l.organisation + l.team + l.person) AS linked FROM link_coverage AS l
        WHERE l.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND l.day <= arrayMax({days:Array(Date)}) GROUP BY l.day, l.organisation_code
    )
),
-- How many were tested there that day: whoever opened anything without a team's link, once for each kind of link.
families AS (
    SELECT day, organisation_code, uniqExact(staff_id_system, staff_id, strength >= 'organisation') AS tests
    FROM access_links WHERE day IN {days:Array(Date)} AND strength < 'team'
    GROUP BY day, organisation_code
),
-- The exact binomial tail of as many namesakes or more, and the false share among all that are as rare or rarer at the
-- organisation that day (Benjamini and Hochberg 1995): one row per opener; of several names and kinds of link the rarest.
judged AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, is_linked, role, coverage, patients, own, accesses, share, chance,
        min(ratio) OVER (PARTITION BY day, organisation_code ORDER BY chance DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS false_share
    FROM (
        SELECT tested.*, chance * tests / count() OVER (PARTITION BY day, organisation_code ORDER BY chance
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ratio
        FROM (SELECT shared.*, greatest(0, 1 - arraySum(i -> exp(lgamma(patients + 1) - lgamma(i + 1) - lgamma(patients - i + 1)
                + i * log(share) + (patients - i) * log(1 - share)), range(own))) AS chance
            FROM (
                SELECT h.day AS day, h.staff_id_system AS staff_id_system, h.staff_id AS staff_id, h.organisation_code AS organisation_code,
                    h.is_linked AS is_linked, h.surname AS surname, h.role AS role, h.coverage AS coverage, h.patients AS patients,
                    length(arrayDistinct(h.accesses.2)) AS own, h.accesses AS accesses, f.tests AS tests,
                    (s.seen + {prior_weight:Float64}) / (e.explained + 1) AS share
                FROM habits AS h
                INNER JOIN sites AS e ON e.day = h.day AND e.organisation_code = h.organisation_code
                INNER JOIN families AS f ON f.day = h.day AND f.organisation_code = h.organisation_code
                LEFT JOIN shares AS s ON s.day = h.day AND s.organisation_code = h.organisation_code AND s.surname = h.surname
            ) AS shared
            WHERE share < 1
            ORDER BY chance, is_linked, surname
            LIMIT 1 BY day, staff_id_system, staff_id, organisation_code
        ) AS tested
    )
    QUALIFY false_share <= {false_share_max:Float64}
)
SELECT j.staff_id_system AS staff_id_system, j.staff_id AS staff_id, j.organisation_code AS organisation_code,
    '' AS patient_id, j.day AS day, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    -- The part of them that is beyond chance, a link of the organisation's and thin feeds weighing against it.
    round(any((j.own - j.patients * j.share) / (j.own + 1) * if(j.is_linked, {organisation_weight:Float64}, 1) * j.coverage), 4) AS score,
    map('role', toString(any(j.role)), 'namesakes', toString(any(j.own)), 'patients', toString(any(j.patients)),
        'expected', toString(round(any(j.patients * j.share), 1)), 'lookback_days', toString({lookback_days:UInt32}),
        'organisation', any(if(g.name = '', toString(j.organisation_code), g.name)),
        'one_in', toString(round(1 / greatest(any(j.chance), {false_share_max:Float64} * {false_share_max:Float64} * {false_share_max:Float64}))), 'coverage', concat(toString(round(100 * any(j.coverage))), ' %'),
        'link', any(if(j.is_linked, 'The patients are cared for there, but nothing names the team', 'Nothing of the organisation explains them'))) AS facts,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).2 AS event_ids,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).3 AS sources
FROM committed_events AS e
INNER JOIN judged AS j ON j.staff_id_system = e.staff_id_system AND j.staff_id = e.staff_id AND j.organisation_code = e.organisation_code
LEFT JOIN organisations AS g ON g.organisation_code = j.organisation_code
WHERE e.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
    AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND has(j.accesses, (e.day, e.patient_id))
GROUP BY j.staff_id_system, j.staff_id, j.organisation_code, j.day
