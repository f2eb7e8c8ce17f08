/* @detector
id: secondary_use
version: 2
title: Many records read by a role that cares for nobody
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 6
params:
  { records_min: 20, lookback_days: 6, organisation_weight: 0.4, inferred_weight: 0.7, office_weight: 0.5, coverage_min: 0.3,
    roles: "(?i)research|trial (co-?ordinator|manager)|scientist|statistic|analyst|analytics|informatic|benefit|insur|actuar|financ|account(s|ant)|billing|payroll|procure|estates|facilit|human resources|\\bhr\\b|recruit|market|communications|fundrais|commission|contract|teach|lectur|student|\\bit\\b|developer|test manager|system(s)? (manager|admin)|cod(er|ing)|audit|complaint|claims|legal|records? (clerk|officer|manager)|quality (manager|lead|improvement)",
    office_roles: "(?i)cod(er|ing)|audit|complaint|claims|legal|records? (clerk|officer|manager)|student|quality (manager|lead|improvement)",
    care_roles: "(?i)nurs|doctor|physician|consultant|surge|midwi|therap|pharmac|paramedic|social work|biomedical|clinical scientist|\\bgp\\b|\\bhca\\b|healthcare assistant" }
needs: [care_relationships]
silenced_by: team
reason: "{staff}, whose role ({duty}) has no part in care, opened {records} records in {window} days without a delegated task or a link of a team. The record may be used for the care of the person, and for nothing else."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- What roles without care duties opened without a task: one row per access. A few roles, so this is small.
opened AS (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.patient_id AS patient_id, a.role_name AS role_name, a.role AS role,
        multiIf(a.strength = 'organisation', {organisation_weight:Float64}, a.strength = 'inferred', {inferred_weight:Float64}, 1) AS weight
    FROM access_links AS a
    LEFT JOIN nobodies AS n ON n.staff_id_system = a.staff_id_system AND n.staff_id = a.staff_id
    WHERE a.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day <= arrayMax({days:Array(Date)})
        AND match(concat(a.role, ' | ', a.role_name), {roles:String})
        AND NOT match(concat(a.role, ' | ', a.role_name), {care_roles:String})
        AND NOT (a.strength >= 'team' OR hasAny(a.explanation_ids, ['delegation', 'team_unknown'])) AND a.day >= n.until
),
-- What share of all that is opened in the organisation its feeds explain: where they tell of little care, a task would not
-- be told either. One row per judged day and organisation.
told AS (
    SELECT judged, organisation_code, sum(c.organisation + c.team + c.person) / sum(c.accesses) AS coverage
    FROM link_coverage AS c
    ARRAY JOIN arrayFilter(d -> c.day <= d AND c.day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    WHERE c.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND c.day <= arrayMax({days:Array(Date)})
    GROUP BY judged, organisation_code
),
-- One row per staff member, organisation and judged day on which a record was added to those of the days before.
fired AS (
    SELECT staff_id_system, staff_id, organisation_code, judged,
        groupUniqArrayIf(patient_id, day = judged) AS on_the_day, groupUniqArrayIf(patient_id, day < judged) AS before,
        arrayDistinct(arrayConcat(on_the_day, before)) AS patients, argMax((role_name, role), day) AS duty,
        arraySum(mapValues(maxMap(map(patient_id, weight)))) AS weighed
    FROM opened
    ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    GROUP BY staff_id_system, staff_id, organisation_code, judged
    HAVING length(patients) >= {records_min:UInt32} AND NOT hasAll(before, on_the_day)
),
found AS (
    SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        f.judged AS judged, any(f.duty) AS duty, any(length(f.patients)) AS records, any(f.weighed) AS weighed,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code
    WHERE (f.judged, f.organisation_code) IN (SELECT judged, organisation_code FROM told WHERE coverage >= {coverage_min:Float64})
        AND e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.day <= f.judged AND e.day >= subtractDays(f.judged, {lookback_days:UInt32}) AND has(f.patients, e.patient_id)
        AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.judged
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, judged AS day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- More records, fewer that anything ties to the organisation; an office's work on records may lack its feed.
    round(weighed / (weighed + {records_min:UInt32})
        * if(match(concat(duty.2, ' | ', duty.1), {office_roles:String}), {office_weight:Float64}, 1), 4) AS score,
    map('role', toString(duty.1), 'duty', toString(duty.1), 'records', toString(records),
        'window', toString({lookback_days:UInt32} + 1)) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found
