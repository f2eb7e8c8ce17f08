/* @detector
id: unreconciled_claim
version: 4
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
  { claim_overrides: "self_claimed", beside_days: 3, borne_out_min: 0.5, prior_weight: 20, false_weight: 0.02,
    organisation_weight: 0.4, inferred_weight: 0.7, lookback_days: 28 }
needs: [care_relationships, patients]
silenced_by: team
reason: "{staff} opened a record by claiming to be treating the patient. Nothing is recorded of the patient at {organisation} within {beside_days} days either side (older or other link: {link}). Of such claims by its staff in this role, {borne_out} are borne out by care on record (so estimated from {claims} of theirs and the accesses of all)."
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
    SELECT staff_id_system, staff_id, if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities WHERE kind IN ('shared', 'system', 'test')
),
-- The claims of everybody over the look-back of each judged day, and of them those that an organisation's link bears
-- out: one row per judged day and person with a claim on it or before.
persons AS (
    SELECT judged, organisation_type, organisation_code, role, staff_id_system, staff_id,
        sumIf(claims, day < judged) AS claims, sumIf(linked, day < judged) AS linked
    FROM (
        SELECT day, organisation_type, organisation_code, role, staff_id_system, staff_id, count() AS claims, countIf(strength >= 'organisation') AS linked
        FROM access_links
        WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
            AND notEmpty(overrides) AND hasAny(overrides, splitByChar(',', {claim_overrides:String}))
        GROUP BY day, organisation_type, organisation_code, role, staff_id_system, staff_id
    )
    ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    GROUP BY judged, organisation_type, organisation_code, role, staff_id_system, staff_id
),
-- The same, without their own, of their role there, of the organisation, of the role and of all in organisations of the type.
-- `linked * role_linked / role_claims` sums, for each role of an organisation, to the square of its linked claims over its claims.
circles AS (
    SELECT judged, organisation_code, role, staff_id_system, staff_id, role_claims - claims AS peer_claims, role_linked - linked AS peer_linked,
        sum(claims) OVER house - claims AS house_claims, sum(linked) OVER house - linked AS house_linked,
        sum(claims) OVER kin - claims AS kin_claims, sum(linked) OVER kin - linked AS kin_linked,
        sum(claims) OVER type - claims AS type_claims, sum(linked) OVER type - linked AS type_linked,
        sum(claims) OVER day AS all_claims, sum(linked) OVER day AS all_linked,
        uniqExactIf((organisation_code, role), role_claims > 0) OVER day - 1 AS further, sum(claims * role_claims) OVER day AS squares,
        sum(linked * role_linked / greatest(1, role_claims)) OVER day AS between
    FROM (
        SELECT p.*, sum(p.claims) OVER of_role AS role_claims, sum(p.linked) OVER of_role AS role_linked
        FROM persons AS p WINDOW of_role AS (PARTITION BY judged, organisation_code, role)
    )
    WINDOW house AS (PARTITION BY judged, organisation_code), kin AS (PARTITION BY judged, organisation_type, role),
        type AS (PARTITION BY judged, organisation_type), day AS (PARTITION BY judged)
),
-- How alike two claims of one role are, beyond what chance makes of them: by moments. As many claims as weigh as much as that,
-- a share is drawn to the wider circle's.
habits AS MATERIALIZED (
    SELECT c.*, least({prior_weight:Float64}, if(alike > 0 AND isFinite(alike), greatest(1, 1 / alike - 1), {prior_weight:Float64})) AS weight
    FROM (
        SELECT d.*, ((d.between - d.all_linked * d.all_linked / d.all_claims) * d.all_claims * d.all_claims / d.all_linked / (d.all_claims - d.all_linked) - d.further)
            / (d.all_claims - d.squares / d.all_claims - d.further) AS alike
        FROM circles AS d
    ) AS c
),
-- Where most claims are borne out. The share of the others in the role is drawn to that of the organisation, or of the role
-- in such organisations where that is lower; these to that of all such organisations, to all, and to what is explained.
fired AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id,
        c.organisation_code AS organisation_code, c.patient_id AS patient_id, c.role_name AS role_name, c.strength AS strength, c.explanation_ids AS explanation_ids, h.peer_claims AS claims,
        (h.all_linked + {prior_weight:Float64} * c.coverage) / (h.all_claims + {prior_weight:Float64}) AS usual,
        (h.type_linked + h.weight * usual) / (h.type_claims + h.weight) AS type_share,
        (h.house_linked + h.weight * type_share) / (h.house_claims + h.weight) AS house_share,
        (h.kin_linked + h.weight * house_share) / (h.kin_claims + h.weight) AS kin_share,
        if(h.house_claims = 0, kin_share, least(house_share, kin_share)) AS wider_share,
        (h.peer_linked + h.weight * wider_share) / (h.peer_claims + h.weight) AS share
    FROM claims AS c
    INNER JOIN habits AS h ON h.judged = c.day AND h.organisation_code = c.organisation_code AND h.role = c.role
        AND h.staff_id_system = c.staff_id_system AND h.staff_id = c.staff_id
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
        countIf(has(splitByChar(',', {claim_overrides:String}), e.override)) AS claimed,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
    HAVING claimed > 0
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- How likely it is false, if so many of all are and the others are borne out as often; another link speaks for it.
    round(multiIf(strength = 'organisation', {organisation_weight:Float64}, strength = 'inferred', {inferred_weight:Float64}, 1)
        * {false_weight:Float64} / ({false_weight:Float64} + (1 - {false_weight:Float64}) * (1 - share)), 4) AS score,
    map('role', toString(role), 'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'beside_days', toString({beside_days:UInt32}), 'claims', concat(toString(claims), if(claims = 1, ' claim', ' claims')),
        'borne_out', concat(toString(round(100 * share)), ' %'),
        'link', if(empty(explanation_ids), 'none', replaceAll(arrayStringConcat(explanation_ids, ', '), '_', ' '))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
