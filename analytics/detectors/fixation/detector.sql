/* @detector
id: fixation
version: 3
title: The same record on many days, with no part in the care
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 29
params:
  { days_min: 4, usual_share_max: 0.002, prior_weight: 50, organisation_weight: 0.4, inferred_weight: 0.7,
    company_weight: 0.3, feed_weight: 0.5, coverage_min: 0.3, lookback_days: 29 }
needs: [care_relationships]
silenced_by: team
reason: "{staff} opened the same record on {days} of {window} days, {company}, and nothing names them or their team in the patient's care (on record: {link}). Among {accesses} such accesses of the role, {others} other records were opened on so many days."
@detector */
WITH
-- Pairs of staff member and patient that come near the count: an access is a row a day. The hash only narrows down.
repeated AS (
    SELECT sipHash64(staff_id_system, staff_id, organisation_code, patient_id) AS pair, any(patient_id) AS patient
    FROM access_links
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
        AND day <= arrayMax({days:Array(Date)}) AND strength < 'team'
    GROUP BY pair
    HAVING count() >= {days_min:UInt32}
),
-- Their days, one row per pair: linked ones too, and of which nobody can tell, since the directory tells no team of the person.
pairs AS (
    SELECT staff_id_system, staff_id, organisation_code, patient_id, argMax(role, day) AS role,
        argMax(organisation_type, day) AS organisation_type, arraySort(groupArray(day)) AS all_days,
        groupArrayIf(day, strength >= 'team' OR has(explanation_ids, 'team_unknown')) AS linked_days
    FROM access_links
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
        AND day <= arrayMax({days:Array(Date)})
        AND sipHash64(staff_id_system, staff_id, organisation_code, patient_id) IN (SELECT pair FROM repeated)
    GROUP BY staff_id_system, staff_id, organisation_code, patient_id
),
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- How often the pair met in the days up to each judged day, where no team's link ends it, and how many other pairs of
-- the same role met as often, in the organisation and in all of its type: one row per judged day and pair.
met AS (
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id, p.organisation_code AS organisation_code,
        p.patient_id AS patient_id, p.role AS role, judged,
        arrayFilter(d -> d <= judged AND d >= subtractDays(judged, {lookback_days:UInt32}), p.all_days) AS met_days,
        count() OVER (PARTITION BY judged, organisation_code, role ORDER BY length(met_days) DESC) - 1 AS others,
        count() OVER (PARTITION BY judged, p.organisation_type, role ORDER BY length(met_days) DESC) - 1 AS others_of_type
    FROM pairs AS p
    LEFT JOIN nobodies AS n ON n.staff_id_system = p.staff_id_system AND n.staff_id = p.staff_id
    ARRAY JOIN {days:Array(Date)} AS judged
    WHERE length(met_days) >= {days_min:UInt32} AND judged >= n.until
        AND NOT arrayExists(d -> d <= judged AND d >= subtractDays(judged, {lookback_days:UInt32}), p.linked_days)
),
-- Accesses without a team's link in the same days: one row per judged day, organisation and role.
volumes AS (
    SELECT judged, c.organisation_code AS organisation_code, c.role AS role,
        sum(c.accesses - c.team - c.person) AS unlinked,
        sum(unlinked) OVER (PARTITION BY judged, any(o.type), role) AS unlinked_of_type
    FROM link_coverage AS c
    LEFT JOIN organisations AS o ON o.organisation_code = c.organisation_code
    ARRAY JOIN arrayFilter(d -> c.day <= d AND c.day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    WHERE c.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
        AND c.day <= arrayMax({days:Array(Date)})
    GROUP BY judged, c.organisation_code, c.role
),
-- Those that met once more on the judged day, where that is rare for the role, and feeds tell of some of its care. The organisation's share is drawn to
-- that of its type as if so many accesses had been like those.
fired AS (
    SELECT u.staff_id_system AS staff_id_system, u.staff_id AS staff_id, u.organisation_code AS organisation_code,
        u.patient_id AS patient_id, u.day AS day, u.role_name AS role_name, u.team AS team, u.strength AS strength,
        u.explanation_ids AS explanation_ids, u.coverage AS coverage, m.met_days AS met_days, m.others AS others,
        v.unlinked AS unlinked, (m.others + {prior_weight:UInt32} * m.others_of_type / v.unlinked_of_type)
            / (v.unlinked + {prior_weight:UInt32}) AS share
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32}) AS u
    INNER JOIN met AS m ON m.judged = u.day AND m.staff_id_system = u.staff_id_system AND m.staff_id = u.staff_id
        AND m.organisation_code = u.organisation_code AND m.patient_id = u.patient_id
    INNER JOIN volumes AS v ON v.judged = u.day AND v.organisation_code = u.organisation_code AND v.role = m.role
    WHERE share <= {usual_share_max:Float64} AND u.coverage >= {coverage_min:Float64}
),
-- Who else of the organisation opened those records: a row per access. Where a team is not known, all are of one.
company AS (
    SELECT a.organisation_code AS organisation_code, a.patient_id AS patient_id,
        groupArray((a.day, a.staff_id_system, a.staff_id, toString(a.team))) AS visits
    FROM access_links AS a
    WHERE a.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32})
        AND a.day <= arrayMax({days:Array(Date)}) AND a.patient_id IN (SELECT patient FROM repeated)
    GROUP BY a.organisation_code, a.patient_id
),
found AS (
    SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        f.patient_id AS patient_id, f.day AS day, any(f.role_name) AS role, any(f.strength) AS strength,
        any(f.explanation_ids) AS explanation_ids, any(f.coverage) AS coverage, any(f.share) AS share,
        any(f.met_days) AS met_days, any(f.team) AS team,
        any(f.others) AS others, any(f.unlinked) AS unlinked, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND has(f.met_days, e.day) AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
)
SELECT staff_id_system, staff_id, organisation_code, patient_id, day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- More days, rarer for the role, more of them alone, a feed that tells more of the care: higher.
    round(multiIf(strength = 'organisation', {organisation_weight:Float64}, strength = 'inferred', {inferred_weight:Float64}, 1)
        * (1 - 1 / length(met_days)) * (1 - share / {usual_share_max:Float64})
        * ({company_weight:Float64} + (1 - {company_weight:Float64}) * alone / length(met_days))
        * ({feed_weight:Float64} + (1 - {feed_weight:Float64}) * coverage), 4) AS score,
    map('role', toString(role), 'days', toString(length(met_days)), 'window', toString({lookback_days:UInt32} + 1),
        'days_alone', toString(alone), 'company', multiIf(alone = 0, 'always on days when a colleague opened it, too',
            alone = length(met_days), 'never with a colleague in it', concat('on ', toString(alone), ' of them with no colleague in it')), 'others', toString(others), 'accesses', toString(unlinked),
        'link', if(empty(explanation_ids), 'nothing', replaceAll(arrayStringConcat(explanation_ids, ', '), '_', ' '))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM (
    SELECT f.*, arrayCount(d -> NOT arrayExists(v -> v.1 = d AND (v.2, v.3) != (f.staff_id_system, f.staff_id)
        AND (v.4 = f.team OR v.4 = '' OR f.team = ''), c.visits), f.met_days) AS alone
    FROM found AS f
    INNER JOIN company AS c ON c.organisation_code = f.organisation_code AND c.patient_id = f.patient_id
)
