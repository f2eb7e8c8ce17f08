/* @detector
id: unreconciled_claim
version: 7
title: A claim to be treating the patient that nothing bears out
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
grace_days: 3
params:
  { claim_overrides: "self_claimed,break_glass", beside_days: 3, borne_out_min: 0.5, prior_weight: 20, organisation_weight: 0.4,
    inferred_weight: 0.7, lookback_days: 28 }
needs: [care_relationships, patients]
silenced_by: team
reason: "{staff} opened a record by {claim}. Nothing is recorded of the patient at {organisation} within {beside_days} days either side (older or other link: {link}). Of such claims by its staff in this role, {borne_out} are borne out by care on record (estimated from {claims} and the accesses of all)."
@detector */
WITH
-- Claims of the days that no team's link explains: one row per access.
claims AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role, role_name, strength, explanation_ids, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32})
    WHERE hasAny(overrides, splitByChar(',', {claim_overrides:String}))
),
-- What is recorded of those patients, of any kind, with the organisation on either side, and the days that it is about;
-- their registration too.
recorded AS (
    SELECT patient_id, arrayJoin(arrayFilter(code -> code != '', [organisation_code, related_organisation_code])) AS code,
        toDate32(starts_at, 'Europe/London') AS from_day,
        if(isNull(ends_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ends_at), 'Europe/London')) AS last_day
    FROM care_relationships
    WHERE isNull(ended_at) AND patient_id IN (SELECT patient_id FROM claims)
    UNION ALL
    SELECT patient_id, gp_practice_code AS code, toDate32('1900-01-01') AS from_day,
        if(isNull(ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ended_at), 'Europe/London')) AS last_day
    FROM patients
    WHERE gp_practice_code != '' AND patient_id IN (SELECT patient_id FROM claims)
),
borne_out AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id,
        c.organisation_code AS organisation_code, c.patient_id AS patient_id
    FROM claims AS c
    INNER JOIN recorded AS r ON r.patient_id = c.patient_id AND r.code = c.organisation_code
    WHERE r.from_day <= addDays(c.day, {beside_days:UInt32}) AND r.last_day >= subtractDays(c.day, {beside_days:UInt32})
),
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- How many claims of each organisation and role an organisation's link bears out: one row per judged day.
habits AS (
    SELECT judged, organisation_code, role, count() AS claims, countIf(strength >= 'organisation') AS linked
    FROM access_links
    ARRAY JOIN arrayFilter(d -> day < d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day < arrayMax({days:Array(Date)})
        AND notEmpty(overrides) AND hasAny(overrides, splitByChar(',', {claim_overrides:String}))
    GROUP BY judged, organisation_code, role
),
-- Where most claims are borne out. The share is drawn to that of all accesses as if so many claims had been like those.
fired AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id,
        c.organisation_code AS organisation_code, c.patient_id AS patient_id, c.role_name AS role_name,
        c.strength AS strength, c.explanation_ids AS explanation_ids, h.claims AS claims,
        (h.linked + {prior_weight:UInt32} * c.coverage) / (h.claims + {prior_weight:UInt32}) AS share
    FROM claims AS c
    LEFT JOIN habits AS h ON h.judged = c.day AND h.organisation_code = c.organisation_code AND h.role = c.role
    LEFT JOIN nobodies AS n ON n.staff_id_system = c.staff_id_system AND n.staff_id = c.staff_id
    LEFT ANTI JOIN borne_out AS b ON b.day = c.day AND b.staff_id_system = c.staff_id_system AND b.staff_id = c.staff_id
        AND b.organisation_code = c.organisation_code AND b.patient_id = c.patient_id
    WHERE share >= {borne_out_min:Float64} AND c.day >= n.until
),
-- The events of those accesses, the ones without a claim too: they show what it was used for.
found AS (
    SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        f.patient_id AS patient_id, f.day AS day, any(f.role_name) AS role, any(f.strength) AS strength,
        any(f.explanation_ids) AS explanation_ids, any(f.claims) AS claims, any(f.share) AS share,
        groupUniqArrayIf(e.override, has(splitByChar(',', {claim_overrides:String}), e.override)) AS claimed,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
    HAVING notEmpty(claimed)
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The more claims are borne out, the more it means that this one is not; some other link speaks for it.
    round(multiIf(strength = 'organisation', {organisation_weight:Float64}, strength = 'inferred', {inferred_weight:Float64}, 1)
        * share, 4) AS score,
    map('role', toString(role), 'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'claim', if(has(claimed, 'break_glass'), 'breaking the glass, as in an emergency', 'claiming to be treating the patient'),
        'beside_days', toString({beside_days:UInt32}), 'claims', if(claims = 0, 'no other claim of theirs', concat(toString(claims), if(claims = 1, ' claim of theirs', ' claims of theirs'))),
        'borne_out', concat(toString(round(100 * share)), ' %'),
        'link', if(empty(explanation_ids), 'none', replaceAll(arrayStringConcat(explanation_ids, ', '), '_', ' '))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
