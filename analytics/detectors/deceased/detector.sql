/* @detector
id: deceased
version: 1
title: The record of someone long dead
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { known_days_min: 180, unknown_days_min: 30, inferred_weight: 0.7, coverage_min: 0.3, duty_roles: "medical examiner,coroner,coding,coder,bereavement,mortuary,patholog,medical records,health records,information governance,subject access,legal,complaint,research", duty_weight: 0.4, lookback_days: 28 }
needs: [patients, care_relationships]
silenced_by: organisation
reason: "{staff} opened the record of a patient {days_since} days after their death. {link} at {organisation}, {before}. Feeds explain {coverage} of what staff there open in this role."
@detector */
WITH
dead AS (
    SELECT patient_id, assumeNotNull(died_on) AS death_on, toString(gp_practice_code) AS practice_code,
        if(isNull(ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM patients
    WHERE isNotNull(died_on)
),
-- Accesses, some time after the death, that nothing of an organisation's strength explains: one row per access.
opened AS MATERIALIZED (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id,
        u.organisation_code AS organisation_code, u.patient_id AS patient_id, u.role_name AS role, u.strength AS strength,
        u.coverage AS coverage, dateDiff('day', d.death_on, toDate32(u.day)) AS days_since, d.practice_code AS practice_code
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'organisation', back_days = {lookback_days:UInt32}) AS u
    INNER JOIN dead AS d ON d.patient_id = u.patient_id
    WHERE u.coverage >= {coverage_min:Float64} AND u.patient_id IN (SELECT patient_id FROM dead) AND toDate32(u.day) < d.known_until
        AND days_since >= least({known_days_min:UInt32}, {unknown_days_min:UInt32})
        AND (u.staff_id_system, u.staff_id) NOT IN (SELECT staff_id_system, staff_id FROM staff_identities WHERE kind NOT IN ('', 'person'))
),
-- Organisations that ever had to do with the patient, and from when on: one row per patient and organisation.
cared AS (
    SELECT patient_id, arrayJoin([toString(organisation_code), toString(related_organisation_code)]) AS organisation_code,
        min(toDate32(starts_at, 'Europe/London')) AS from_day
    FROM care_relationships
    WHERE patient_id IN (SELECT patient_id FROM opened)
    GROUP BY patient_id, organisation_code
),
-- Where the organisation knew the patient, letters and codes take months; where it did not, weeks are long.
fired AS MATERIALIZED (
    SELECT o.day AS day, o.staff_id_system AS staff_id_system, o.staff_id AS staff_id,
        o.organisation_code AS organisation_code, o.patient_id AS patient_id, o.role AS role, o.strength AS strength,
        o.coverage AS coverage, o.days_since AS days_since,
        (c.organisation_code != '' AND c.from_day <= toDate32(o.day)) OR o.practice_code = o.organisation_code AS is_known,
        if(is_known, {known_days_min:UInt32}, {unknown_days_min:UInt32}) AS days_min
    FROM opened AS o
    LEFT JOIN cared AS c ON c.patient_id = o.patient_id AND c.organisation_code = o.organisation_code
    WHERE o.days_since >= days_min
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    -- The longer after the death, against what is usual there, the higher; lower for roles whose duty begins with it.
    round(any(if(f.strength = 'inferred', {inferred_weight:Float64}, 1) * f.coverage
        * if(multiSearchAnyCaseInsensitiveUTF8(f.role, splitByChar(',', {duty_roles:String})), {duty_weight:Float64}, 1)
        * f.days_since / (f.days_since + f.days_min)), 4) AS score,
    map('role', toString(any(f.role)), 'days_since', toString(any(f.days_since)),
        'organisation', any(if(g.name = '', toString(f.organisation_code), g.name)),
        'link', any(if(f.strength = 'inferred', 'Care is only inferred', 'Nothing tells of care')),
        'before', any(if(f.is_known, 'which had cared for them before', 'which has no record of ever having cared for them')),
        'coverage', concat(toString(round(100 * any(f.coverage))), ' %')) AS facts,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).2 AS event_ids,
    arraySort(groupUniqArray((e.occurred_at, e.event_id, toString(e.source)))).3 AS sources
FROM committed_events AS e
INNER JOIN fired AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
    AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
LEFT JOIN organisations AS g ON g.organisation_code = f.organisation_code
WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    AND e.patient_id IN (SELECT patient_id FROM fired)
GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
