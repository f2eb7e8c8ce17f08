/* @detector
id: watchlist
version: 1
title: A watchlisted record, outside the caring team
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { inferred_weight: 0.7, coverage_min: 0.3, alone_weight: 0.3, lookback_days: 28 }
needs: [patients, care_relationships]
silenced_by: organisation
reason: "{staff} opened a record that is on the watchlist. {link} at {organisation}, whose feeds explain {coverage} of what staff in this role open. That day {linked} people opened it with a link of their organisation, and {unlinked} without."
@detector */
WITH
watched AS (
    SELECT patient_id, if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM patients
    WHERE has(flags, 'watchlist')
),
-- Accesses to them that nothing of an organisation's strength explains: one row per access.
opened AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, strength, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'organisation', back_days = {lookback_days:UInt32})
    WHERE coverage >= {coverage_min:Float64} AND patient_id IN (SELECT patient_id FROM watched)
        AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind NOT IN ('', 'person'))
),
-- Everybody who opened the same record that day, in any organisation: one row per day and record.
crowds AS (
    SELECT day, patient_id, uniqExactIf((staff_id_system, staff_id), strength >= 'organisation') AS linked,
        uniqExactIf((staff_id_system, staff_id), strength < 'organisation') AS unlinked
    FROM access_links
    WHERE day IN {days:Array(Date)} AND patient_id IN (SELECT patient_id FROM opened)
    GROUP BY day, patient_id
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    -- An inferred link and thin feeds lower it. It rises with how many looked without a link beside those who had one:
    -- one stranger beside a caring team may belong to it, ten are an audience.
    round(any(if(f.strength = 'inferred', {inferred_weight:Float64}, 1)
        * f.coverage
        * (1 - {alone_weight:Float64} * (c.linked + 1) / (c.linked + c.unlinked))), 4) AS score,
    map('role', toString(any(f.role_name)), 'organisation', any(if(g.name = '', toString(f.organisation_code), g.name)),
        'link', any(if(f.strength = 'inferred', 'Care is only inferred', 'Nothing tells of care')),
        'coverage', concat(toString(round(100 * any(f.coverage))), ' %'),
        'linked', toString(any(c.linked)), 'unlinked', toString(any(c.unlinked))) AS facts,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).2 AS event_ids,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).3 AS sources
FROM committed_events AS e
INNER JOIN opened AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
    AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
INNER JOIN crowds AS c ON c.day = f.day AND c.patient_id = f.patient_id
INNER JOIN watched AS r ON r.patient_id = f.patient_id
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    AND e.patient_id IN (SELECT patient_id FROM opened) AND f.day < r.known_until
GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
