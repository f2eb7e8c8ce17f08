/* @detector
id: watcher
version: 1
title: A reviewer who looks at themself or those near them
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 0
grace_days: 1
params: { kin_weight: 0.9, colleague_weight: 0.6, name_weight: 0.7 }
needs: [staff]
silenced_by: none
reason: "{staff}, who uses this system as {user_role}, opened in it {looks} {about}. The user is tied to the member of staff by {tied_by}."
@detector */
WITH
-- What our own users were shown on the days: one row per look and thing that it showed.
looks AS (
    SELECT toDate(at, 'Europe/London') AS day, at, audit_id, user_id, role AS user_role, action,
        arrayJoin(subject_ids) AS subject_id
    FROM own_audit
    WHERE at >= subtractDays(toDateTime64(arrayMin({days:Array(Date)}), 0, 'UTC'), 1) AND toDate(at, 'Europe/London') IN {days:Array(Date)}
        AND action NOT IN ('sign_in', 'sign_out', 'refused') AND user_id != ''
),
-- The people behind the identifiers of staff, as they are now, with what they have in common with others: one row per
-- person. Nothing of an address that is protected, or that a protected patient shares.
members AS (
    SELECT p.person_key AS person_key, groupUniqArray((p.staff_id_system, p.staff_id)) AS ids,
        groupUniqArray(s.nhs_number) AS numbers, groupUniqArray(lowerUTF8(trimBoth(s.name))) AS names,
        groupUniqArray(toString(s.organisation_code)) AS codes, groupUniqArray(if(s.team = '', ('', ''), (toString(s.organisation_code), s.team))) AS teams,
        groupUniqArray(s.address_key) AS addresses, max((s.organisation_code, p.staff_id_system, p.staff_id, s.role_name)) AS post
    FROM staff_people AS p
    INNER JOIN staff AS s ON s.staff_id_system = p.staff_id_system AND s.staff_id = p.staff_id
    WHERE p.kind = 'person' AND p.known_until > toDate('2149-01-01') AND isNull(s.ended_at)
    GROUP BY p.person_key
),
users AS (
    SELECT user_id, argMax((subject, lowerUTF8(trimBoth(name)), organisation_codes), version) AS user
    FROM user_versions
    WHERE user_id IN (SELECT user_id FROM looks)
    GROUP BY user_id
),
-- Whose sign-in it is. The identity provider's subject where it is an identifier of staff, as with smartcards; for want
-- of it a name that one person alone bears in the user's organisations. Where that leaves two, nobody is named.
ties AS (
    SELECT u.user_id AS user_id, max(has(arrayMap(id -> id.2, m.ids), u.user.1)) AS by_subject,
        uniqExactIf(m.person_key, has(arrayMap(id -> id.2, m.ids), u.user.1)) AS subjects, uniqExact(m.person_key) AS people,
        argMax((m.person_key, m.ids, m.numbers, m.teams, m.addresses, m.post),
            (has(arrayMap(id -> id.2, m.ids), u.user.1), m.person_key)) AS person
    FROM users AS u
    CROSS JOIN members AS m
    WHERE (u.user.1 != '' AND has(arrayMap(id -> id.2, m.ids), u.user.1))
        OR (u.user.2 != '' AND has(m.names, u.user.2) AND hasAny(u.user.3, m.codes))
    GROUP BY u.user_id
    HAVING if(by_subject, subjects, people) = 1
),
-- Who are next of kin by a patient's record, either way, or live at the same address: one row per user.
contacts AS (
    SELECT patient_id AS one, contact_patient_id AS other FROM patient_contacts WHERE isNull(ended_at)
    UNION ALL
    SELECT contact_patient_id AS one, patient_id AS other FROM patient_contacts WHERE isNull(ended_at)
),
homes AS (
    SELECT address_key, groupUniqArray(patient_id) AS occupants
    FROM patients
    WHERE address_key != '' AND address_key IN (SELECT arrayJoin(person.5) FROM ties) AND isNull(ended_at)
    GROUP BY address_key
    HAVING countIf(has(flags, 'protected_address')) = 0
),
kin AS (
    SELECT user_id, groupUniqArray(patient_id) AS patients
    FROM (
        SELECT t.user_id AS user_id, c.other AS patient_id FROM (SELECT user_id, arrayJoin(person.3) AS number FROM ties) AS t
        INNER JOIN contacts AS c ON c.one = t.number WHERE t.number != ''
        UNION ALL
        SELECT t.user_id AS user_id, arrayJoin(h.occupants) AS patient_id FROM (SELECT user_id, arrayJoin(person.5) AS address FROM ties) AS t
        INNER JOIN homes AS h ON h.address_key = t.address WHERE t.address != ''
    )
    GROUP BY user_id
),
-- Whom an alert is about: the member of staff and the patient.
about AS (
    SELECT v.alert_id AS alert_id, argMax((v.staff_id_system, v.staff_id), v.version) AS staff, argMax(v.patient_id, v.version) AS patient_id
    FROM alert_versions AS v
    WHERE v.alert_id IN (SELECT subject_id FROM looks)
    GROUP BY v.alert_id
),
-- Looks at what concerns the one who looks: one row per look and thing.
seen AS (
    SELECT l.day AS day, l.at AS at, l.audit_id AS audit_id, l.user_role AS user_role, l.action AS action, t.by_subject AS by_subject, t.person.6 AS post,
        multiIf(has(t.person.2, a.staff), 'at alerts about themselves',
            a.patient_id != '' AND has(t.person.3, a.patient_id), 'at alerts on their own record',
            a.patient_id != '' AND has(k.patients, a.patient_id), 'at alerts on the record of their kin',
            arrayExists(number -> number != '' AND has(k.patients, number), m.numbers), 'at alerts about their kin',
            arrayExists(team -> team.2 != '' AND has(t.person.4, team), m.teams), 'at alerts about colleagues of their own team', '') AS concern,
        multiIf(concern LIKE '%themselves' OR concern LIKE '%own record', 1, concern LIKE '%kin', {kin_weight:Float64}, {colleague_weight:Float64})
            * if(t.by_subject, 1, {name_weight:Float64}) AS weight
    FROM looks AS l
    INNER JOIN ties AS t ON t.user_id = l.user_id
    LEFT JOIN kin AS k ON k.user_id = l.user_id
    INNER JOIN about AS a ON a.alert_id = l.subject_id
    LEFT JOIN (SELECT arrayJoin(ids) AS id, numbers, teams FROM members) AS m ON m.id = a.staff
    WHERE concern != ''
)
SELECT post.2 AS staff_id_system, post.3 AS staff_id, post.1 AS organisation_code, '' AS patient_id, day,
    min(at) AS first_at, max(at) AS last_at, round(max(weight), 4) AS score,
    map('role', any(post.4), 'user_role', replaceAll(min(toString(user_role)), '_', ' '),
        'looks', concat(toString(uniqExact(audit_id)), if(uniqExact(audit_id) = 1, ' time', ' times')),
        'about', arrayStringConcat(arraySort(groupUniqArray(concern)), ' and '),
        'tied_by', if(max(by_subject), 'their sign-in', 'their name alone')) AS facts,
    arrayMap(look -> look.2, arraySort(groupUniqArray((at, audit_id))) AS cited) AS event_ids, arrayMap(look -> 'own_audit', cited) AS sources
FROM seen
GROUP BY day, post
