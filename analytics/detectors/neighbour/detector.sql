/* @detector
id: neighbour
version: 3
title: A neighbour's record, without care
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { chance_max: 0.01, linked_min: 2, cell_length: 7, residents_max: 300, coverage_min: 0.7, organisation_weight: 0.4, inferred_weight: 0.7, prior_weight: 0.5, lookback_days: 28 }
needs: [staff, patients, care_relationships]
silenced_by: team
reason: "{staff} opened the record of someone who lives {place} they do. {link}. Of {patients} whom they opened like that in {lookback_days} days, {neighbours} live so near; by the share at {organisation} that happens to one in {one_in}."
@detector */
WITH
-- The postcode of an address, and its cell of the map.
(postcode, latitude, longitude) -> [replaceAll(upper(postcode), ' ', ''), if(isNull(latitude) OR isNull(longitude), '',
    concat('cell ', geohashEncode(ifNull(longitude, 0), ifNull(latitude, 0), {cell_length:UInt8})))] AS places_of,
-- Where staff live by their own patient record, which often is newer than what the employer has. One row per patient.
own_records AS (
    SELECT patient_id, postcode, latitude, longitude, address_key, has(flags, 'protected_address') AS is_protected
    FROM patients WHERE isNull(ended_at) AND patient_id IN (SELECT nhs_number FROM staff WHERE nhs_number != '')
),
-- Where a person lives: postcodes, and cells of the map. One row per identifier. Protected people are left out.
streets AS MATERIALIZED (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id,
        groupUniqArrayIf(s.nhs_number, s.nhs_number != '') AS numbers, groupUniqArrayArray([s.address_key, o.address_key]) AS addresses,
        arrayFilter(place -> place != '', groupUniqArrayArray(arrayPushBack(places_of(o.postcode, o.latitude, o.longitude), replaceAll(upper(s.postcode), ' ', '')))) AS places
    FROM staff_people AS p
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
    INNER JOIN staff AS s ON s.staff_id_system = q.staff_id_system AND s.staff_id = q.staff_id
    LEFT JOIN own_records AS o ON o.patient_id = s.nhs_number
    WHERE p.kind = 'person' AND q.kind = 'person' AND isNull(s.ended_at) AND (p.staff_id_system, p.staff_id) IN (
        SELECT staff_id_system, staff_id FROM access_links WHERE day IN {days:Array(Date)} AND strength < 'team')
    GROUP BY p.staff_id_system, p.staff_id HAVING max(o.is_protected) = 0
),
-- Those who opened the record of somebody who lives at one of these places at all: nobody else's neighbours are sought.
homes AS MATERIALIZED (
    SELECT DISTINCT s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, s.numbers AS numbers, s.addresses AS addresses, s.places AS places
    FROM access_links AS a
    INNER JOIN (SELECT patient_id, places_of(postcode, latitude, longitude) AS at FROM patients
        WHERE patient_id IN (SELECT patient_id FROM access_links WHERE day IN {days:Array(Date)} AND strength < 'team')
    ) AS p ON p.patient_id = a.patient_id
    INNER JOIN streets AS s ON s.staff_id_system = a.staff_id_system AND s.staff_id = a.staff_id
    WHERE a.day IN {days:Array(Date)} AND a.strength < 'team' AND hasAny(s.places, p.at)
),
-- Who lives at one of these places and not at their address: one row per identifier and patient. A place where more than
-- a street's worth of people are registered (a hall, an area's centre on a coarse map) is no neighbourhood.
neighbours AS MATERIALIZED (
    SELECT h.staff_id_system AS staff_id_system, h.staff_id AS staff_id, r.resident.1 AS patient_id, min(r.place LIKE 'cell %') AS is_by_map
    FROM (
        SELECT place, arrayJoin(groupArray((patient_id, address_key))) AS resident
        FROM (
            SELECT patient_id, address_key, arrayJoin(places_of(postcode, latitude, longitude)) AS place FROM patients
            WHERE isNull(ended_at) AND NOT has(flags, 'protected_address') AND (address_key = '' OR address_key NOT IN (SELECT address_key FROM patients WHERE has(flags, 'protected_address')))
        )
        WHERE place IN (SELECT arrayJoin(places) FROM homes) GROUP BY place HAVING count() <= {residents_max:UInt32}
    ) AS r
    INNER JOIN (SELECT staff_id_system, staff_id, numbers, addresses, arrayJoin(places) AS place FROM homes) AS h ON h.place = r.place
    WHERE NOT has(h.numbers, r.resident.1) AND (r.resident.2 = '' OR NOT has(h.addresses, r.resident.2))
    GROUP BY h.staff_id_system, h.staff_id, r.resident
),
-- Accesses to them that nothing of a team's strength explains, where feeds tell of enough care: one row per access.
opened AS MATERIALIZED (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id, u.organisation_code AS organisation_code, u.patient_id AS patient_id,
        u.role_name AS role_name, u.strength AS strength, u.coverage AS coverage, u.strength >= 'organisation' AS is_linked, n.is_by_map AS is_by_map
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32}) AS u
    INNER JOIN neighbours AS n ON n.staff_id_system = u.staff_id_system AND n.staff_id = u.staff_id AND n.patient_id = u.patient_id
    WHERE u.coverage >= {coverage_min:Float64}
),
openers AS MATERIALIZED (SELECT DISTINCT day, staff_id_system, staff_id, organisation_code, is_linked FROM opened),
-- What the person opened like that over the days up to then, and how many of them neighbours: one row per opener.
habits AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.organisation_code AS organisation_code,
        c.is_linked AS is_linked, uniqExact(a.patient_id) AS patients,
        uniqExactIf(a.patient_id, (a.staff_id_system, a.staff_id, a.patient_id) IN (SELECT staff_id_system, staff_id, patient_id FROM neighbours)) AS neighbours
    FROM access_links AS a
    INNER JOIN openers AS c ON c.staff_id_system = a.staff_id_system AND c.staff_id = a.staff_id
        AND c.organisation_code = a.organisation_code AND c.is_linked = (a.strength >= 'organisation')
    WHERE a.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.strength < 'team'
        AND a.day <= c.day AND a.day > subtractDays(c.day, {lookback_days:UInt32}) GROUP BY ALL
),
-- How often others there opened the same neighbours, with a link: one row per opener.
others AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id,
        c.organisation_code AS organisation_code, uniqExact(a.day, a.staff_id_system, a.staff_id, a.patient_id) AS seen
    FROM access_links AS a
    INNER JOIN neighbours AS n ON n.patient_id = a.patient_id
    INNER JOIN openers AS c ON c.staff_id_system = n.staff_id_system AND c.staff_id = n.staff_id AND c.organisation_code = a.organisation_code
    WHERE a.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.strength >= 'organisation'
        AND a.day <= c.day AND a.day > subtractDays(c.day, {lookback_days:UInt32}) AND (a.staff_id_system, a.staff_id) != (c.staff_id_system, c.staff_id)
    GROUP BY ALL
),
-- All accesses there with a link over the same days: one row per day and organisation.
sites AS (
    SELECT day, organisation_code, sum(linked) OVER (PARTITION BY organisation_code ORDER BY day RANGE BETWEEN {lookback_days:UInt32} - 1 PRECEDING AND CURRENT ROW) AS explained
    FROM (
        SELECT l.day AS day, l.organisation_code AS organisation_code, sum(l.organisation + l.team + l.person) AS linked FROM link_coverage AS l
        WHERE l.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND l.day <= arrayMax({days:Array(Date)}) GROUP BY l.day, l.organisation_code
    )
),
-- Where that is more than chance: the binomial tail, at the share of the site. One row per opener.
judged AS (
    SELECT t.*, greatest(0, 1 - arraySum(i -> exp(lgamma(patients + 1) - lgamma(i + 1) - lgamma(patients - i + 1)
        + i * log(share) + (patients - i) * log(1 - share)), range(neighbours))) AS chance
    FROM (
        SELECT h.day AS day, h.staff_id_system AS staff_id_system, h.staff_id AS staff_id, h.organisation_code AS organisation_code,
            h.is_linked AS is_linked, h.patients AS patients, h.neighbours AS neighbours, (o.seen + {prior_weight:Float64}) / (s.explained + 1) AS share
        FROM habits AS h
        INNER JOIN sites AS s ON s.day = h.day AND s.organisation_code = h.organisation_code
        LEFT JOIN others AS o ON o.day = h.day AND o.staff_id_system = h.staff_id_system AND o.staff_id = h.staff_id AND o.organisation_code = h.organisation_code
    ) AS t
    WHERE share < 1 AND chance <= {chance_max:Float64} AND neighbours >= if(is_linked, {linked_min:UInt32}, 1)
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    round(any(multiIf(f.strength = 'organisation', {organisation_weight:Float64}, f.strength = 'inferred', {inferred_weight:Float64}, 1)
        * f.coverage * (1 - sqrt(sqrt(j.chance)))), 4) AS score,
    map('role', toString(any(f.role_name)), 'place', any(if(f.is_by_map, 'within some 150 metres of where', 'at the same postcode as')),
        'organisation', any(if(g.name = '', toString(f.organisation_code), g.name)), 'patients', toString(any(j.patients)),
        'neighbours', toString(any(j.neighbours)), 'one_in', toString(round(1 / greatest(any(j.chance), {chance_max:Float64} * {chance_max:Float64} * {chance_max:Float64}))),
        'lookback_days', toString({lookback_days:UInt32}), 'coverage', concat(toString(round(100 * any(f.coverage))), ' %'),
        'link', any(multiIf(f.strength = 'organisation', 'The patient is cared for there, but nothing names the team',
            f.strength = 'inferred', 'A link to care there is only inferred', 'Nothing explains it'))) AS facts,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).2 AS event_ids,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).3 AS sources
FROM committed_events AS e
INNER JOIN opened AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
    AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
INNER JOIN judged AS j ON j.day = f.day AND j.staff_id_system = f.staff_id_system AND j.staff_id = f.staff_id
    AND j.organisation_code = f.organisation_code AND j.is_linked = f.is_linked
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
