/* @detector
id: enumeration
version: 3
title: Records opened one after another, by number or by name
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 0
params:
  { run_min: 6, number_step_max: 100, chance_max: 0.001, unlisted_share_min: 0.5, feed_weight: 0.5,
    listed_by: "appointment,admission,emergency_attendance,urgent_call,conveyance,referral,caseload,checked_locally,document_follow_up,delegation" }
needs: [patients, care_relationships]
silenced_by: team
reason: "{staff} opened {run} records in a row in the order of their {order}. Of these, {unlisted} are on no list of the organisation's: no appointment, admission, referral or the like, and nothing that names the team."
@detector */
WITH
-- Accesses that neither a team's link nor a list that the organisation works through explains: its own register is none.
unlisted AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, coverage
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = 1)
    WHERE NOT hasAny(explanation_ids, splitByChar(',', {listed_by:String}))
),
-- Staff and days with enough of them for a run.
candidates AS (
    SELECT day, staff_id_system, staff_id, organisation_code, max(role_name) AS role, max(coverage) AS coverage,
        groupUniqArray(patient_id) AS unlisted_ids
    FROM unlisted
    GROUP BY day, staff_id_system, staff_id, organisation_code
    HAVING count() >= {run_min:UInt32} * {unlisted_share_min:Float64}
),
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id,
        if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities
    WHERE kind IN ('shared', 'system', 'test')
),
-- What they opened by their own hand: one row per access, linked or not.
opened AS (
    SELECT c.day AS day, c.staff_id_system AS staff_id_system, c.staff_id AS staff_id,
        c.organisation_code AS organisation_code, e.patient_id AS patient_id, any(c.role) AS role,
        any(c.coverage) AS coverage, max(has(c.unlisted_ids, e.patient_id)) AS is_unlisted,
        arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN candidates AS c ON c.day = e.day AND c.staff_id_system = e.staff_id_system AND c.staff_id = e.staff_id
        AND c.organisation_code = e.organisation_code
    LEFT JOIN nobodies AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        AND e.patient_id != '' AND e.day >= n.until
    GROUP BY c.day, c.staff_id_system, c.staff_id, c.organisation_code, e.patient_id
),
names AS (
    SELECT patient_id, upperUTF8(trimBoth(surname)) AS surname, address_key FROM patients WHERE patient_id IN (SELECT patient_id FROM opened)
),
-- The walk through the records, in the order in which each was first opened, and the same backwards: two rows per
-- staff member, organisation and day.
walks AS (
    SELECT o.day AS day, o.staff_id_system AS staff_id_system, o.staff_id AS staff_id,
        o.organisation_code AS organisation_code, any(o.role) AS role, any(o.coverage) AS coverage,
        arraySort(groupArray((o.events[1], toInt64OrZero(o.patient_id), r.surname, o.is_unlisted, o.events, r.address_key))) AS forwards,
        arrayJoin([forwards, arrayReverse(forwards)]) AS walk
    FROM opened AS o
    LEFT JOIN names AS r ON r.patient_id = o.patient_id
    GROUP BY o.day, o.staff_id_system, o.staff_id, o.organisation_code
),
-- Its stretches in the order of numbers, each near the one before or not, or of surnames: one row each. One household,
-- or one name of which no address tells two apart, is one step of an order of names.
stretches AS (
    SELECT day, staff_id_system, staff_id, organisation_code, role, coverage, opened_in_all,
        stretch.1 AS run_order, stretch.2 AS run, stretch.3 AS steps, stretch.4 AS is_near,
        arrayDistinct(arrayMap(step -> if(run_order = 'numbers', toString(step.2), step.3), run)) AS run_names
    FROM (
        SELECT day, staff_id_system, staff_id, organisation_code, role, coverage, walk, length(walk) AS opened_in_all,
            arrayMap((step, before, place) -> place = 1 OR step.3 != before.3
                    OR step.6 != '' AND before.6 != '' AND step.6 != before.6,
                walk, arrayRotateRight(walk, 1), arrayEnumerate(walk)) AS is_step,
            arrayDifference(arrayMap(step -> step.2, walk)) AS gaps
        FROM walks
    )
    ARRAY JOIN arrayConcat(
        arrayMap(run -> ('numbers', run, length(run), 1),
            arraySplit((step, gap) -> gap < 1 OR gap > {number_step_max:Int64}, walk, gaps)),
        arrayMap(run -> ('numbers', run, length(run), 0), arraySplit((step, gap) -> gap < 1, walk, gaps)),
        arrayMap(run -> ('surnames', arrayMap(pair -> pair.1, run), arraySum(arrayMap(pair -> pair.2, run)), 0),
            arraySplit((pair, before) -> pair.1.3 = '' OR before = '' OR pair.1.3 < before,
                arrayZip(walk, is_step), arrayPushFront(arrayPopBack(arrayMap(step -> step.3, walk)), '')))) AS stretch
),
-- Those that are long and mostly on no list, with the households of each of their names.
long_ones AS MATERIALIZED (
    SELECT day, staff_id_system, staff_id, organisation_code, role, coverage, opened_in_all, run_order, run, steps, is_near, run_names,
        arrayMap(name -> greatest(1, length(arrayDistinct(arrayMap(step -> step.6,
            arrayFilter(step -> step.3 = name AND step.6 != '', run))))), run_names) AS households
    FROM stretches
    WHERE steps >= {run_min:UInt32} AND arrayCount(step -> step.4, run) >= {unlisted_share_min:Float64} * length(run)
),
-- How many of all patients have a name of which a run has several households, in one row. Read only where there is one.
common AS (
    SELECT mapFromArrays(groupArrayIf(name, is_asked), groupArrayIf(share, is_asked)) AS shares
    FROM (
        SELECT upperUTF8(trimBoth(surname)) AS name, count() / sum(count()) OVER () AS share,
            name IN (SELECT arrayJoin(run_names) FROM long_ones) AS is_asked
        FROM patients
        WHERE surname != '' AND 1 IN (SELECT arrayMax(households) > 1 FROM long_ones)
        GROUP BY name
    )
),
-- The chance of the order, none where numbers are near: of k names, in n households of which tell the same order for k!, each further household of a
-- name has it by its share; times the ways to make k names of n, and the places for a run.
weighed AS (
    SELECT day, staff_id_system, staff_id, organisation_code, role, coverage, run_order, run, steps,
        length(run_names) AS names_of_run, arraySum(households) AS homes,
        if(is_near, 0, exp(least(0, log(opened_in_all - homes + 1) - lgamma(names_of_run + 1)
            + lgamma(homes) - lgamma(names_of_run) - lgamma(homes - names_of_run + 1)
            + arraySum((name, several) -> if(several > 1, (several - 1) * log(c.shares[name]), 0), run_names, households)))) AS chance
    FROM long_ones
    CROSS JOIN common AS c
),
fired AS (
    SELECT day, staff_id_system, staff_id, organisation_code, any(role) AS role, any(coverage) AS coverage, min(chance) AS least_chance,
        arraySort(groupUniqArray(run_order)) AS orders, max(steps) AS most_steps, max(length(run)) AS longest,
        argMax(arrayCount(step -> step.4, run), (length(run), arrayCount(step -> step.4, run))) AS run_unlisted,
        arraySort(groupUniqArrayArray(arrayFlatten(arrayMap(step -> step.5, run)))) AS events
    FROM weighed
    WHERE chance <= {chance_max:Float64}
    GROUP BY day, staff_id_system, staff_id, organisation_code
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- Longer, less by chance, fewer on a list: higher. An order of names counts less where no feed tells of the lists.
    round((1 - 1 / most_steps) * run_unlisted / longest * {chance_max:Float64} / ({chance_max:Float64} + least_chance)
        * if(has(orders, 'numbers'), 1, {feed_weight:Float64} + (1 - {feed_weight:Float64}) * coverage), 4) AS score,
    map('role', toString(role), 'run', toString(longest), 'unlisted', toString(run_unlisted),
        'order', arrayStringConcat(arrayMap(name -> if(name = 'numbers', 'NHS numbers', name), orders), ' and ')) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM fired
