/* @detector
id: override
version: 2
title: Shown against what the patient decided
status: active
severity: high
mode: live
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 0
params:
  { kinds: "dissent,sealed", emergency_purposes: "ETREAT,BTG,SAFETY,PROTECT", reason_weight: 0.7, care_weight: 0.5,
    undecided_weight: 0.8, denied_weight: 0.4 }
needs: []
silenced_by: none
reason: "{staff} opened a record against what the patient decided: {what}. Shown {shown}, refused {refused}. Reason: {reason}. Emergency care at the organisation: {care}."
@detector */
WITH
-- Objections to the sharing of an organisation's data, upheld or not yet decided, with the days on which they hold.
objections AS (
    SELECT patient_id, toString(organisation_code) AS supplier_code, toInt8(ifNull(upheld, 0)) AS is_upheld,
        if(isNull(starts_on), toDate32('1900-01-01'), assumeNotNull(starts_on)) AS from_day,
        least(if(isNull(ends_on), toDate32('2149-06-06'), assumeNotNull(ends_on)),
            if(isNull(ended_at), toDate32('2149-06-06'),
                toDate32(subtractDays(toDate32(assumeNotNull(ended_at), 'Europe/London'), 1)))) AS last_day
    FROM patient_objections
    WHERE ifNull(upheld, 1) = 1
),
-- What was done by a person's own hand with an override, or with data of a supplier whom the patient objected to. To
-- its own staff a supplier's data is not shared. One row per event and objection.
acts AS (
    SELECT e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        e.patient_id AS patient_id, e.day AS day, e.occurred_at AS occurred_at, e.source AS source, e.event_id AS event_id,
        e.role_name AS role, e.outcome = 'denied' AS is_denied,
        if(has(splitByChar(',', {kinds:String}), e.override), toString(e.override), '') AS kind,
        o.supplier_code != '' AND has(e.supplier_codes, o.supplier_code) AND o.supplier_code != e.organisation_code
            AND e.day >= o.from_day AND e.day <= o.last_day AS is_objected,
        is_objected AND o.is_upheld = 0 AS is_undecided,
        trimBoth(e.reason) != '' AS has_reason,
        has(splitByChar(',', {emergency_purposes:String}), toString(e.purpose)) AS is_emergency
    FROM committed_events AS e
    LEFT JOIN objections AS o ON o.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown', 'denied')
        AND e.patient_id != ''
        AND (has(splitByChar(',', {kinds:String}), e.override)
            OR (notEmpty(e.supplier_codes) AND e.patient_id IN (SELECT patient_id FROM objections)))
        AND (kind != '' OR is_objected)
),
-- One row per access.
found AS (
    SELECT staff_id_system, staff_id, organisation_code, patient_id, day,
        arraySort(groupUniqArray((occurred_at, source, event_id))) AS events,
        argMax(role, (occurred_at, source, event_id)) AS role,
        uniqExactIf((source, event_id), NOT is_denied) AS shown, uniqExactIf((source, event_id), is_denied) AS refused,
        arraySort(groupUniqArrayIf(kind, kind != '')) AS kinds,
        max(is_objected) AS any_objected, min(is_undecided OR NOT is_objected) AS none_decided,
        max(has_reason) AS any_reason, max(is_emergency) AS any_emergency
    FROM acts
    GROUP BY staff_id_system, staff_id, organisation_code, patient_id, day
),
-- Emergency care of the patient at the organisation that day or near it: one row per access.
care AS (
    SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        f.patient_id AS patient_id, f.day AS day, min(c.kind) AS care_kind
    FROM found AS f
    INNER JOIN (
        SELECT patient_id, toString(kind) AS kind, arrayJoin([organisation_code, related_organisation_code]) AS code,
            toDate(starts_at, 'Europe/London') AS from_day,
            if(isNull(ends_at), from_day, toDate(assumeNotNull(ends_at), 'Europe/London')) AS last_day
        FROM care_relationships
        WHERE kind IN ('emergency_attendance', 'urgent_call', 'conveyance', 'admission') AND isNull(ended_at)
            AND patient_id IN (SELECT patient_id FROM acts)
    ) AS c ON c.patient_id = f.patient_id AND c.code = f.organisation_code
    WHERE f.day >= subtractDays(c.from_day, 1) AND f.day <= addDays(c.last_day, 1)
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- A seal broken, a no overruled, without a reason and without an emergency: highest. What was refused was not seen.
    round(if(shown = 0, {denied_weight:Float64}, 1) * if(any_reason OR any_emergency, {reason_weight:Float64}, 1)
        * if(c.care_kind != '', {care_weight:Float64}, 1)
        * if(empty(kinds) AND none_decided, {undecided_weight:Float64}, 1), 4) AS score,
    map('role', toString(role),
        'what', arrayStringConcat(arrayConcat(arrayMap(kind -> concat(kind, ' override recorded'), kinds),
            if(any_objected, [if(none_decided, 'data of a supplier to whose sharing the patient objected (not decided yet)',
                'data of a supplier to whose sharing the patient objected')], [])), '; '),
        'shown', multiIf(shown = 0, 'never', shown = 1, 'once', concat(toString(shown), ' times')),
        'refused', multiIf(refused = 0, 'never', refused = 1, 'once', concat(toString(refused), ' times')),
        'reason', multiIf(any_emergency AND any_reason, 'an emergency or safety purpose, with words', any_emergency,
            'an emergency or safety purpose, without words', any_reason, 'given in words, see the events', 'none given'),
        'care', if(c.care_kind = '', 'none on record', replaceAll(c.care_kind, '_', ' '))) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN care AS c ON c.staff_id_system = f.staff_id_system AND c.staff_id = f.staff_id
    AND c.organisation_code = f.organisation_code AND c.patient_id = f.patient_id AND c.day = f.day
