/* @detector
id: no_link
version: 1
title: Nothing on record explains the access
status: signal
severity: low
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
grace_days: 3
params: { coverage_min: 0.8, inferred_weight: 0.5, lookback_days: 28 }
needs: [care_relationships]
silenced_by: organisation
reason: "{staff} opened a record and nothing tells of care at {organisation}, whose feeds explain {coverage} of what its staff in this role open."
@detector */
WITH
-- Accesses without an organisation's link, where feeds tell of so much care that a missing one says something: one row
-- per access.
unexplained AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, strength, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'organisation', back_days = {lookback_days:UInt32})
    WHERE coverage >= {coverage_min:Float64}
),
-- The events of those accesses.
found AS (
    SELECT u.staff_id_system AS staff_id_system, u.staff_id AS staff_id, u.organisation_code AS organisation_code,
        u.patient_id AS patient_id, u.day AS day, any(u.role_name) AS role, any(u.strength) AS strength,
        any(u.coverage) AS coverage, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN unexplained AS u ON u.day = e.day AND u.staff_id_system = e.staff_id_system AND u.staff_id = e.staff_id
        AND u.organisation_code = e.organisation_code AND u.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY u.staff_id_system, u.staff_id, u.organisation_code, u.patient_id, u.day
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The more of the organisation's care its feeds tell of, the more it means that this is missing.
    round(if(strength = 'inferred', {inferred_weight:Float64}, 1) * coverage, 4) AS score,
    map('role', toString(role), 'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'coverage', concat(toString(round(100 * coverage)), ' %')) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
