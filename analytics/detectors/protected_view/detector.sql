/* @detector
id: protected_view
version: 2
title: A record with a protected address
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { organisation_weight: 0.3, inferred_weight: 0.7, coverage_min: 0.3, repeat_weight: 0.6, lookback_days: 28 }
needs: [patients, care_relationships]
silenced_by: team
reason: "{staff} opened a record whose address is protected. {link}. They opened it on {days_opened} of {lookback_days} days; at {organisation}, {company} opened it in that time. {override}."
@detector */
WITH
guarded AS (
    SELECT patient_id, if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM patients
    WHERE has(flags, 'protected_address')
),
-- Accesses to them that nothing of a team's strength explains, where feeds tell of some care: one row per access. Who is not a person is left out.
opened AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, strength, coverage, overrides
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32})
    WHERE coverage >= {coverage_min:Float64} AND patient_id IN (SELECT patient_id FROM guarded)
        AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind NOT IN ('', 'person'))
),
-- Who else of the organisation opened the same record over the days up to then, and how often they did: one row per access.
around AS (
    SELECT o.day AS day, o.staff_id_system AS staff_id_system, o.staff_id AS staff_id,
        o.organisation_code AS organisation_code, o.patient_id AS patient_id,
        uniqExactIf(a.day, a.staff_id_system = o.staff_id_system AND a.staff_id = o.staff_id) AS days_opened,
        uniqExact(a.staff_id_system, a.staff_id) - 1 AS others
    FROM access_links AS a
    INNER JOIN opened AS o ON o.patient_id = a.patient_id AND o.organisation_code = a.organisation_code
    WHERE a.day > subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day <= arrayMax({days:Array(Date)})
        AND a.patient_id IN (SELECT patient_id FROM opened)
        AND a.day <= o.day AND a.day > subtractDays(o.day, {lookback_days:UInt32})
    GROUP BY ALL
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    -- The weaker the link, the fuller the feeds, the more days, the fewer colleagues at the same record: the higher.
    round(any(multiIf(f.strength = 'organisation', {organisation_weight:Float64}, f.strength = 'inferred', {inferred_weight:Float64}, 1)
        * f.coverage
        * (1 - {repeat_weight:Float64} / (1 + a.days_opened) * (a.others + 1) / (a.others + 1 + 1))), 4) AS score,
    map('role', toString(any(f.role_name)), 'company', any(multiIf(a.others = 0, 'nobody else', a.others = 1, '1 other person',
            concat(toString(a.others), ' other people'))), 'days_opened', toString(any(a.days_opened)), 'others', toString(any(a.others)),
        'lookback_days', toString({lookback_days:UInt32}),
        'organisation', any(if(g.name = '', toString(f.organisation_code), g.name)),
        'coverage', concat(toString(round(100 * any(f.coverage))), ' %'),
        'override', any(if(empty(f.overrides), 'No override was recorded',
            concat('Recorded as override: ', arrayStringConcat(f.overrides, ', ')))),
        'link', any(multiIf(f.strength = 'organisation', 'The patient is cared for there, but nothing names the team',
            f.strength = 'inferred', 'A link to care there is only inferred', 'Nothing explains it'))) AS facts,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).2 AS event_ids,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).3 AS sources
FROM committed_events AS e
INNER JOIN opened AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
    AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
INNER JOIN around AS a ON a.day = f.day AND a.staff_id_system = f.staff_id_system AND a.staff_id = f.staff_id
    AND a.organisation_code = f.organisation_code AND a.patient_id = f.patient_id
INNER JOIN guarded AS r ON r.patient_id = f.patient_id
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    AND e.patient_id IN (SELECT patient_id FROM opened) AND f.day < r.known_until
GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
