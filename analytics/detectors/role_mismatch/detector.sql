/* @detector
id: role_mismatch
version: 2
title: A section that the role has no use for
status: signal
severity: low
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params:
  elsewhere: "mental|psych|social.?care|safeguard|protection.?plan|substance|addiction|sexual|domestic"
  generalists: "general.?pract|emergency|out.?of.?hours|safeguard|audit|records|governance|caldicott"
  share_max: 0.001
  lift_min: 5
  prior_weight: 20
  organisation_weight: 0.45
  lookback_days: 28
needs: [care_relationships]
silenced_by: team
reason: "{staff} opened {section}, and nothing tells of care by them or their team ({link}). Others in this role went there in {peer_touched} of {peer_accesses} accesses in the {lookback_days} days before; other roles at organisations of this type do so {lift} times as often."
@detector */
WITH
-- Accesses without a team's link by roles that are no generalists: one row per access and section. Sensitive content has
-- a detector of its own.
suspects AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role, role_name, organisation_type, strength,
        coverage, arrayJoin(arrayFilter(name -> NOT match(lowerUTF8(name), {elsewhere:String}), sections)) AS section
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32})
    WHERE NOT match(lowerUTF8(role_name), {generalists:String})
        AND (staff_id_system, staff_id) NOT IN (
            SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
),
-- What all roles open, over the look-back of each judged day: accesses by section, and under '' all. One row per judged
-- day, type of organisation and role.
roles AS MATERIALIZED (
    SELECT judged AS day, organisation_type, role,
        sumMap(mapConcat(mapFromArrays(mapKeys(c.sections), arrayMap(n -> toInt64(n), mapValues(c.sections))), map('', toInt64(c.accesses)))) AS by_section
    FROM link_coverage AS c
    ARRAY JOIN arrayFilter(d -> c.day < d AND c.day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    WHERE c.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND c.day < arrayMax({days:Array(Date)})
    GROUP BY judged, organisation_type, role
),
types AS (
    SELECT day, organisation_type, sumMap(r.by_section) AS by_section
    FROM roles AS r
    GROUP BY day, organisation_type
),
-- Those that can be rare once the person's own accesses are left out, which are no more than all they made in the range.
candidates AS MATERIALIZED (
    SELECT s.day AS day, s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, s.organisation_code AS organisation_code,
        s.patient_id AS patient_id, s.role AS role, s.role_name AS role_name, s.organisation_type AS organisation_type,
        s.strength AS strength, s.coverage AS coverage, s.section AS section
    FROM suspects AS s
    INNER JOIN roles AS r ON r.day = s.day AND r.organisation_type = s.organisation_type AND r.role = s.role
    INNER JOIN (
        SELECT staff_id_system, staff_id, toInt64(sum(accesses)) AS own FROM staff_link_days
        WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        GROUP BY staff_id_system, staff_id
    ) AS c ON c.staff_id_system = s.staff_id_system AND c.staff_id = s.staff_id
    WHERE r.by_section[toString(s.section)] - c.own < {share_max:Float64} * (r.by_section[''] + {prior_weight:Float64})
),
-- What the person opened in that time, to be left out of what their role does.
persons AS (
    SELECT s.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id, a.role AS role,
        a.organisation_type AS organisation_type,
        sumMap(arrayMap(name -> toString(name), arrayPushBack(a.sections, '')), arrayMap(name -> toInt64(1), arrayPushBack(a.sections, ''))) AS sums,
        mapFromArrays(sums.1, sums.2) AS by_section
    FROM access_links AS a
    INNER JOIN (SELECT DISTINCT day, staff_id_system, staff_id FROM candidates) AS s
        ON s.staff_id_system = a.staff_id_system AND s.staff_id = a.staff_id
    WHERE a.day < s.day AND a.day >= subtractDays(s.day, {lookback_days:UInt32})
        AND a.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day < arrayMax({days:Array(Date)})
    GROUP BY s.day, a.staff_id_system, a.staff_id, a.role, a.organisation_type
),
-- The role's share without the person, drawn to that of the other roles: one row per access and section.
shares AS (
    SELECT s.day AS day, s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, s.role_name AS role_name,
        s.organisation_code AS organisation_code, s.patient_id AS patient_id, s.strength AS strength,
        s.coverage AS coverage, toString(s.section) AS section,
        r.by_section[section] - p.by_section[section] AS touched, r.by_section[''] - p.by_section[''] AS accesses,
        (t.by_section[section] - r.by_section[section]) / (t.by_section[''] - r.by_section['']) AS usual_share,
        (touched + {prior_weight:Float64} * usual_share) / (accesses + {prior_weight:Float64}) AS share
    FROM candidates AS s
    INNER JOIN roles AS r ON r.day = s.day AND r.organisation_type = s.organisation_type AND r.role = s.role
    INNER JOIN types AS t ON t.day = s.day AND t.organisation_type = s.organisation_type
    LEFT JOIN persons AS p ON p.day = s.day AND p.staff_id_system = s.staff_id_system AND p.staff_id = s.staff_id
        AND p.role = s.role AND p.organisation_type = s.organisation_type
),
-- One row per access, with the section that is rarest.
fired AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, any(role_name) AS role, any(x.strength) AS strength,
        any(x.coverage) AS coverage, min((share, section, touched, accesses, usual_share)) AS rarest
    FROM shares AS x
    WHERE share < {share_max:Float64} AND usual_share >= {lift_min:Float64} * share AND usual_share > 0
    GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
),
-- The events of those accesses.
found AS (
    SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        f.patient_id AS patient_id, f.day AS day, any(f.role) AS role, any(f.strength) AS strength,
        any(f.coverage) AS coverage, any(f.rarest) AS rarest,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
)
SELECT staff_id_system, staff_id, organisation_code, patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The rarer for the role, the higher; an organisation's link weighs, an inferred one by its square root.
    round(multiIf(strength = 'organisation', {organisation_weight:Float64},
            strength = 'inferred', sqrt({organisation_weight:Float64}), 1)
        * coverage * {share_max:Float64} / ({share_max:Float64} + rarest.1), 4) AS score,
    map('role', toString(role), 'section', replaceAll(rarest.2, '_', ' '),
        'link', multiIf(strength = 'none', 'nothing explains it', strength = 'inferred', 'a link is only inferred',
            'their organisation treats the patient'),
        'peer_accesses', toString(rarest.4), 'peer_touched', toString(rarest.3),
        'lift', toString(round(rarest.5 / rarest.1)), 'coverage', concat(toString(round(100 * coverage)), ' %'),
        'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found
