/* @detector
id: community_outlier
version: 3
title: A patient of colleagues with whom the person shares nobody
status: signal
severity: low
mode: scheduled
schedule: "8-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code, patient_id]
period: day
lookback_days: 28
params: { viewers_min: 3, acquainted_min: 10, organisation_weight: 0.45, lookback_days: 28 }
needs: [care_relationships]
silenced_by: team
reason: "{staff} opened the record of a patient whom {viewers} others at {organisation} had seen in the {lookback_days} days before. The person shared patients with {acquainted} colleagues in that time, and with none of these."
@detector */
WITH
-- From the first day that is looked back on: for each day, a mask of the judged days in whose look-back it is.
subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AS first_day,
arrayMap(on_day -> arraySum(arrayMap((judged, i) -> if(on_day < judged AND on_day >= subtractDays(judged, {lookback_days:UInt32}),
        bitShiftLeft(toUInt64(1), i - 1), 0), {days:Array(Date)}, arrayEnumerate({days:Array(Date)}))),
    arrayMap(n -> addDays(first_day, n), range(toUInt32(arrayMax({days:Array(Date)}) - first_day)))) AS masks,
-- Accesses without a team's link: one row per access. People are told apart by a hash of their identifier.
suspects AS (
    SELECT day, organisation_code, staff_id_system, staff_id, patient_id, role_name, team, strength, coverage,
        sipHash64(staff_id_system, staff_id) AS person
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = {lookback_days:UInt32})
    WHERE (staff_id_system, staff_id) NOT IN (
        SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
),
-- Who saw a patient: one row per organisation and patient, with each viewer's hash, team, and a mask of the judged days
-- in whose look-back they did so. The judged day itself is not in it.
circles AS (
    SELECT organisation_code, patient_id, groupArray((person, team, mask)) AS viewers
    FROM (
        SELECT organisation_code, patient_id, sipHash64(staff_id_system, staff_id) AS person, max(a.team) AS team,
            groupBitOr(masks[toUInt32(a.day - first_day) + 1]) AS mask
        FROM access_links AS a
        WHERE a.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND a.day < arrayMax({days:Array(Date)})
        GROUP BY organisation_code, patient_id, person
    )
    GROUP BY organisation_code, patient_id
    HAVING length(viewers) > 1
),
-- Those of them whose patient several others saw before, none of whom is of the person's team or is the person.
strangers AS MATERIALIZED (
    SELECT s.day AS day, s.organisation_code AS organisation_code, s.staff_id_system AS staff_id_system,
        s.staff_id AS staff_id, s.patient_id AS patient_id, s.role_name AS role_name, s.strength AS strength,
        s.coverage AS coverage, s.person AS person, indexOf({days:Array(Date)}, s.day) - 1 AS place,
        arrayFilter(viewer -> bitTest(viewer.3, place), c.viewers) AS seen_by,
        arrayMap(viewer -> viewer.1, seen_by) AS hashes
    FROM suspects AS s
    INNER JOIN circles AS c ON c.organisation_code = s.organisation_code AND c.patient_id = s.patient_id
    WHERE (c.organisation_code, c.patient_id) IN (SELECT organisation_code, patient_id FROM suspects)
        AND length(seen_by) >= {viewers_min:UInt32}
        AND NOT arrayExists(viewer -> viewer.1 = person OR (viewer.2 != '' AND viewer.2 = s.team), seen_by)
),
-- With whom each of those people shared patients, and in the look-back of which days: one row per person.
acquaintances AS (
    SELECT organisation_code, person, groupArray((other, mask)) AS others
    FROM (
        SELECT organisation_code, pair.1 AS person, pair.2 AS other, groupBitOr(pair.3) AS mask
        FROM (
            SELECT organisation_code, arrayJoin(arrayFlatten(arrayMap(
                mine -> arrayMap(viewer -> (mine.1, viewer.1, bitAnd(mine.3, viewer.3)),
                    arrayFilter(viewer -> viewer.1 != mine.1 AND bitAnd(mine.3, viewer.3) != 0, viewers)),
                arrayFilter(viewer -> (organisation_code, viewer.1) IN (SELECT organisation_code, person FROM strangers), viewers)
            ))) AS pair
            FROM circles
            WHERE (organisation_code, patient_id) IN (
                SELECT organisation_code, patient_id FROM access_links
                WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day < arrayMax({days:Array(Date)})
                    AND (organisation_code, sipHash64(staff_id_system, staff_id)) IN (SELECT organisation_code, person FROM strangers))
        )
        GROUP BY organisation_code, person, other
    )
    GROUP BY organisation_code, person
),
fired AS (
    SELECT s.day AS day, s.organisation_code AS organisation_code, s.staff_id_system AS staff_id_system,
        s.staff_id AS staff_id, s.patient_id AS patient_id, s.role_name AS role, s.strength AS strength,
        s.coverage AS coverage, length(s.hashes) AS viewers,
        arrayMap(other -> other.1, arrayFilter(other -> bitTest(other.2, s.place), k.others)) AS known,
        length(known) AS acquainted
    FROM strangers AS s
    INNER JOIN acquaintances AS k ON k.organisation_code = s.organisation_code AND k.person = s.person
    WHERE acquainted >= {acquainted_min:UInt32} AND NOT hasAny(known, s.hashes)
),
-- The events of those accesses.
found AS (
    SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        f.patient_id AS patient_id, f.day AS day, any(f.role) AS role, any(f.strength) AS strength, any(f.coverage) AS coverage,
        any(f.viewers) AS viewers, any(f.acquainted) AS acquainted,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
    GROUP BY f.staff_id_system, f.staff_id, f.organisation_code, f.patient_id, f.day
)
SELECT f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
    f.patient_id AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- The more strangers have seen the patient and the more people the person knows, the higher; links weigh, an
    -- inferred one by the square root of an organisation's, and so does what feeds explain.
    round(multiIf(strength = 'organisation', {organisation_weight:Float64},
            strength = 'inferred', sqrt({organisation_weight:Float64}), 1) * coverage
        * viewers / (viewers + 1) * acquainted / (acquainted + {acquainted_min:UInt32}), 4) AS score,
    map('role', toString(role), 'organisation', if(o.name = '', toString(f.organisation_code), o.name),
        'viewers', toString(viewers), 'acquainted', toString(acquainted),
        'link', multiIf(strength = 'none', 'nothing explains it', strength = 'inferred', 'a link is only inferred',
            'their organisation treats the patient'),
        'coverage', concat(toString(round(100 * coverage)), ' %'),
        'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found AS f
LEFT JOIN organisations AS o ON o.organisation_code = f.organisation_code
