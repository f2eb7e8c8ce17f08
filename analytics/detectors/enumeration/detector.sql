/* @detector
id: enumeration
version: 4
title: Records opened one after another, by number or by name
status: active
severity: high
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params:
  { run_min: 6, number_step_max: 100, chance_max: 0.001, unlisted_share_min: 0.5, feed_weight: 0.5,
    usual_max: 0.02, role_weight: 20, person_weight: 200, lookback_days: 28,
    listed_by: "appointment,admission,emergency_attendance,urgent_call,conveyance,referral,caseload,checked_locally,document_follow_up,delegation" }
needs: [patients, care_relationships]
silenced_by: team
reason: "{staff} opened {run} records in a row in the order of their {order}. Of these, {unlisted} are on no list of the organisation's: no appointment, admission, referral or the like, and nothing that names the team. Of a hundred such days in this role there, {usual} would have a run like it (so estimated from {peer_days} days of others and their own)."
@detector */
WITH
-- Staff and days with enough accesses for a run that neither a team's link nor a list of the organisation's explains: its own
-- register is none. A post is the role by name, the type of organisation, and the role that peers share.
candidates AS (
    SELECT day, staff_id_system, staff_id, organisation_code, max((role_name, organisation_type, role)) AS post, groupUniqArray(patient_id) AS unlisted_ids
    FROM access_links
    WHERE day IN {days:Array(Date)} AND NOT (strength >= 'team') AND NOT hasAny(explanation_ids, splitByChar(',', {listed_by:String}))
    GROUP BY day, staff_id_system, staff_id, organisation_code HAVING count() >= {run_min:UInt32} * {unlisted_share_min:Float64}
),
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (SELECT staff_id_system, staff_id, if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until FROM staff_identities WHERE kind IN ('shared', 'system', 'test')),
-- What they opened by their own hand: one row per access, linked or not.
opened AS (
    SELECT c.day AS day, (c.staff_id_system, c.staff_id, c.organisation_code) AS person, e.patient_id AS patient_id, any(c.post) AS post,
        max(has(c.unlisted_ids, e.patient_id)) AS is_unlisted, arraySort(groupUniqArray((e.occurred_at, e.source, e.event_id))) AS events
    FROM committed_events AS e
    INNER JOIN candidates AS c ON c.day = e.day AND c.staff_id_system = e.staff_id_system AND c.staff_id = e.staff_id AND c.organisation_code = e.organisation_code
    LEFT JOIN nobodies AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.patient_id != '' AND e.day >= n.until
    GROUP BY day, person, e.patient_id
),
-- The walk through the records, in the order in which each was first opened, and the same backwards: two rows per person and day.
walks AS (
    SELECT o.day AS day, o.person AS person, any(o.post) AS post, arraySort(groupArray((o.events[1], toInt64OrZero(o.patient_id), upperUTF8(trimBoth(r.surname)),
        o.is_unlisted, o.events, r.address_key))) AS forwards, arrayJoin([forwards, arrayReverse(forwards)]) AS walk
    FROM patients AS r RIGHT JOIN opened AS o ON o.patient_id = r.patient_id GROUP BY o.day, o.person
),
-- Its stretches in the order of numbers, near the one before or not, or of surnames: one household, or one name of which no address tells two apart, is one step.
stretches AS (
    SELECT day, person, post, length(walk) AS opened_in_all, stretch.1 AS run_order, stretch.2 AS run, stretch.3 AS steps, stretch.4 AS is_near,
        arrayDistinct(arrayMap(step -> if(run_order = 'numbers', toString(step.2), step.3), run)) AS run_names
    FROM (SELECT day, person, post, walk, arrayDifference(arrayMap(step -> step.2, walk)) AS gaps,
            arrayMap((step, before, place) -> place = 1 OR step.3 != before.3 OR step.6 != '' AND before.6 != '' AND step.6 != before.6, walk, arrayRotateRight(walk, 1), arrayEnumerate(walk)) AS is_step
        FROM walks
    ) ARRAY JOIN arrayConcat(
        arrayMap(run -> ('numbers', run, length(run), 1), arraySplit((step, gap) -> gap < 1 OR gap > {number_step_max:Int64}, walk, gaps)), arrayMap(run -> ('numbers', run, length(run), 0), arraySplit((step, gap) -> gap < 1, walk, gaps)),
        arrayMap(run -> ('surnames', arrayMap(pair -> pair.1, run), arraySum(arrayMap(pair -> pair.2, run)), 0),
            arraySplit((pair, before) -> pair.1.3 = '' OR before = '' OR pair.1.3 < before, arrayZip(walk, is_step), arrayPushFront(arrayPopBack(arrayMap(step -> step.3, walk)), '')))) AS stretch
),
-- Those that are long and mostly on no list, with the households of each of their names.
long_ones AS MATERIALIZED (
    SELECT day, person, post, opened_in_all, run_order, run, steps, is_near, run_names, arrayMap(name -> greatest(1, length(arrayDistinct(arrayMap(step -> step.6, arrayFilter(step -> step.3 = name AND step.6 != '', run))))), run_names) AS households
    FROM stretches WHERE steps >= {run_min:UInt32} AND arrayCount(step -> step.4, run) >= {unlisted_share_min:Float64} * length(run)
),
-- How many of all patients have a name of which a run has several households, in one row.
common AS (
    SELECT mapFromArrays(groupArray(name), groupArray(share)) AS shares FROM (
        SELECT upperUTF8(trimBoth(surname)) AS name, count() / (SELECT count() FROM patients WHERE surname != '') AS share
        FROM patients WHERE name IN (SELECT arrayJoin(run_names) FROM long_ones WHERE arrayMax(households) > 1) GROUP BY name
    )
),
-- The chance of the order, none where numbers are near: k names are in it once in k!, each further household of a name has
-- it by its share; times the ways to make k names of n households, and the places for a run.
weighed AS MATERIALIZED (
    SELECT w.* FROM (
        SELECT day, person, post, run_order, run, steps, length(run_names) AS names_of_run, arraySum(households) AS homes,
            if(is_near, 0, exp(least(0, log(opened_in_all - homes + 1) - lgamma(names_of_run + 1) + lgamma(homes) - lgamma(names_of_run) - lgamma(homes - names_of_run + 1)
                + arraySum((name, several) -> if(several > 1, (several - 1) * log(c.shares[name]), 0), run_names, households)))) AS chance
        FROM long_ones CROSS JOIN common AS c
    ) AS w WHERE chance <= {chance_max:Float64}
),
-- All days of such posts that are long enough for a run, judged and before. How far each went in an order, households not
-- asked: 0 for no run, 1 from the least that is one, 2 from twice as many, and so on.
reached AS (
    SELECT day, post, person, run_order, toUInt64(greatest(0, 1 + floor(log2(arrayMax(arrayMap(
            run -> if(arrayAvg(run.2) >= {unlisted_share_min:Float64} AND lgamma(length(arrayDistinct(run.1)) + 1) >= log(length(keys) / {chance_max:Float64}), length(arrayDistinct(run.1)), 0),
            arrayConcat(arraySplit((x, before) -> x.1 = '' OR before = '' OR x.1 < before, keys, shifted), arraySplit((x, before) -> x.1 = '' OR before = '' OR x.1 > before, keys, shifted)))) / {run_min:UInt32})))) AS places
    FROM (
        SELECT day, post, person, ordered.1 AS run_order, ordered.2 AS keys, arrayPushFront(arrayPopBack(keys.1), '') AS shifted FROM (
            SELECT o.day AS day, o.post AS post, o.person AS person, arraySort(groupArray((o.first_at, sipHash64(o.patient_id),
                if(toInt64OrZero(o.patient_id) = 0, '', o.patient_id), upperUTF8(trimBoth(r.surname)), o.is_unlisted))) AS walk
            FROM patients AS r RIGHT JOIN (
                SELECT day, (organisation_type, role) AS post, (staff_id_system, staff_id, organisation_code) AS person, patient_id, first_at,
                    NOT (strength >= 'team' OR hasAny(explanation_ids, splitByChar(',', {listed_by:String}))) AS is_unlisted
                FROM access_links WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
                    AND (organisation_type, role) IN (SELECT post.2, post.3 FROM weighed) AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM nobodies)
            ) AS o ON o.patient_id = r.patient_id GROUP BY o.day, o.post, o.person HAVING count() >= {run_min:UInt32}
        ) ARRAY JOIN [('numbers', arrayMap(x -> (x.3, x.5), walk)), ('surnames', arrayMap(x -> (x.4, x.5), walk))] AS ordered
    )
),
-- Over the look-back, for the person and the role, in organisations of the type and their own: how many such days, and on how many a run as long as each length.
circles AS MATERIALIZED (
    SELECT p.*, count() OVER kin - 1 AS others, sum(shifts) OVER kin - shifts AS kin_shifts, sum(shifts * shifts) OVER kin - shifts * shifts AS squares,
        sumForEach(runs) OVER kin AS kin_runs, sumForEach(arrayMap(n -> n * n / shifts, runs)) OVER kin AS between,
        sum(shifts) OVER house - shifts AS house_shifts, sumForEach(runs) OVER house AS house_runs
    FROM (
        SELECT judged, post, person, run_order, count() AS shifts, countIf(day < judged) AS own_shifts,
            sumForEach(arrayWithConstant(places, 1)) AS runs, sumForEachIf(arrayWithConstant(places, 1), day < judged) AS own_runs
        FROM reached ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
        GROUP BY judged, post, person, run_order
    ) AS p WINDOW kin AS (PARTITION BY judged, post, run_order), house AS (PARTITION BY judged, person.3, post, run_order)
),
-- How usual a run half as long is: the share of others' days in the role with one, as if `role_weight` more had none; that in the organisation drawn to it;
-- their own days before drawn to that, the less, the more people differ. `alike`: the correlation of one person's days beyond chance, by moments.
judged AS MATERIALIZED (
    SELECT h.*, if(alike > 0 AND isFinite(alike), least({person_weight:Float64}, greatest(1, 1 / alike - 1)), {person_weight:Float64}) AS weight,
        (own_hits + weight * (house_hits + {role_weight:Float64} * hits / (peer_shifts + {role_weight:Float64})) / (house_shifts + {role_weight:Float64})) / (own_shifts + weight) AS usual
    FROM (
        SELECT g.*, kin_hits - here AS hits, house_hits_all - here AS house_hits, ((between - here * here / shifts - hits * hits / peer_shifts) * peer_shifts * peer_shifts / hits / (peer_shifts - hits) - (others - 1))
                / (peer_shifts - squares / peer_shifts - (others - 1)) AS alike FROM (SELECT w.*, toUInt64(greatest(1, floor(log2(w.steps / {run_min:UInt32})))) AS place, c.kin_shifts AS peer_shifts, c.squares AS squares, c.shifts AS shifts, c.others AS others,
            c.runs[place] AS here, c.kin_runs[place] AS kin_hits, c.between[place] AS between, c.house_runs[place] AS house_hits_all, c.house_shifts AS house_shifts,
                c.own_runs[place] AS own_hits, c.own_shifts AS own_shifts FROM weighed AS w LEFT JOIN circles AS c ON c.judged = w.day AND c.person = w.person AND c.run_order = w.run_order) AS g
    ) AS h
),
fired AS (
    SELECT day, person, any(post) AS post, min(chance) AS least_chance, arraySort(groupUniqArray(run_order)) AS orders, max(steps) AS most_steps,
        max(length(run)) AS longest, min(usual) AS least_usual, max(peer_shifts) AS peer_days,
        argMax(arrayCount(step -> step.4, run), (length(run), arrayCount(step -> step.4, run))) AS run_unlisted, arraySort(groupUniqArrayArray(arrayFlatten(arrayMap(step -> step.5, run)))) AS events
    FROM judged WHERE usual <= {usual_max:Float64} GROUP BY day, person
)
SELECT f.person.1 AS staff_id_system, f.person.2 AS staff_id, f.person.3 AS organisation_code, '' AS patient_id, f.day AS day, events[1].1 AS first_at, events[-1].1 AS last_at,
    -- Longer, less by chance, less usual, fewer on a list: higher. An order of names counts less where no feed tells of the lists.
    round((1 - 1 / most_steps) * run_unlisted / longest * {chance_max:Float64} / ({chance_max:Float64} + least_chance) * {usual_max:Float64} / ({usual_max:Float64} + least_usual)
        * if(has(orders, 'numbers'), 1, {feed_weight:Float64} + (1 - {feed_weight:Float64}) * v.coverage), 4) AS score,
    map('role', toString(post.1), 'run', toString(longest), 'unlisted', toString(run_unlisted), 'usual', toString(round(100 * least_usual, 1)),
        'peer_days', toString(peer_days), 'order', arrayStringConcat(arrayMap(name -> if(name = 'numbers', 'NHS numbers', name), orders), ' and ')) AS facts, arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM fired AS f LEFT JOIN coverage_of(days = {days:Array(Date)}, back_days = 1) AS v ON v.day = f.day AND v.organisation_code = f.person.3 AND v.role = f.post.3
