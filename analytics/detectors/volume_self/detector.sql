/* @detector
id: volume_self
version: 3
title: Far more patients in a day than the person usually opens
status: signal
severity: low
mode: scheduled
schedule: "3-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 28
params:
  patients_min: 30
  deviations_min: 6
  days_min: 5
  linked_weight: 0.3
  lookback_days: 28
needs: []
silenced_by: none
reason: "{staff} opened {patients} patients on this day, {unlinked} of them without a link of their team. On their {days} days in the {lookback_days} before the median was {usual}, recent days counting more; this is {deviations} times as far from it as is usual."
@detector */
WITH
-- Distinct patients of a person's day by their own hand, and how many of them no team's link explains; of those who had
-- enough on a judged day.
daily AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role_name AS role, toInt64(accesses) AS patients, unlinked
    FROM staff_link_days
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)})
        AND (organisation_code, staff_id_system, staff_id) IN (
            SELECT organisation_code, staff_id_system, staff_id FROM staff_link_days
            WHERE day IN {days:Array(Date)} AND accesses >= {patients_min:UInt32})
),
-- The days before, as the person's own: one row per judged day.
histories AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role, patients, unlinked,
        arraySort(groupArray((day, patients)) OVER (PARTITION BY organisation_code, staff_id_system, staff_id ORDER BY day
            RANGE BETWEEN {lookback_days:UInt32} PRECEDING AND 1 PRECEDING)) AS past
    FROM daily
),
-- Median and median absolute deviation, in which a day weighs the less the longer ago it was. The spread is never less
-- than what counts vary by of themselves, the square root of the median.
judged AS (
    SELECT day, organisation_code, staff_id_system, staff_id, role, patients, unlinked, length(past) AS past_days,
        arrayMap(one -> toUInt64({lookback_days:Int32} + 1 - (toInt64(day) - toInt64(one.1))), past) AS weights,
        arrayReduce('medianExactWeighted', arrayMap(one -> one.2, past), weights) AS usual,
        greatest(toFloat64(arrayReduce('medianExactWeighted', arrayMap(one -> abs(one.2 - usual), past), weights)), sqrt(usual), 1.) AS spread,
        (patients - usual) / spread AS deviations
    FROM histories
    WHERE day IN {days:Array(Date)} AND patients >= {patients_min:UInt32} AND past_days >= {days_min:UInt32}
        AND deviations > {deviations_min:Float64} AND (staff_id_system, staff_id) NOT IN (
            SELECT staff_id_system, staff_id FROM staff_identities WHERE kind IN ('shared', 'system', 'test'))
),
-- Accesses of those days: all without a team's link, or where there are none, all. One event stands for each.
looks AS (
    SELECT j.day AS day, j.organisation_code AS organisation_code, j.staff_id_system AS staff_id_system,
        j.staff_id AS staff_id, a.patient_id AS patient_id, (j.role, j.patients, j.unlinked, j.past_days, j.usual, j.spread, j.deviations) AS figures
    FROM access_links AS a
    INNER JOIN judged AS j ON j.day = a.day AND j.organisation_code = a.organisation_code
        AND j.staff_id_system = a.staff_id_system AND j.staff_id = a.staff_id
    WHERE a.day IN {days:Array(Date)} AND (a.strength < 'team' OR j.unlinked = 0)
),
found AS (
    SELECT day, organisation_code, staff_id_system, staff_id, arraySort(groupArray(f.opening)) AS events,
        any(f.figures.1) AS role, any(f.figures.2) AS patients, any(f.figures.3) AS unlinked, any(f.figures.4) AS past_days, any(f.figures.5) AS usual, any(f.figures.6) AS spread, any(f.figures.7) AS deviations
    FROM (
        SELECT l.day AS day, l.organisation_code AS organisation_code, l.staff_id_system AS staff_id_system,
            l.staff_id AS staff_id, any(l.figures) AS figures,
            min((e.occurred_at, e.source, e.event_id)) AS opening
        FROM committed_events AS e
        INNER JOIN looks AS l ON l.day = e.day AND l.organisation_code = e.organisation_code
            AND l.staff_id_system = e.staff_id_system AND l.staff_id = e.staff_id AND l.patient_id = e.patient_id
        WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown')
        GROUP BY l.day, l.organisation_code, l.staff_id_system, l.staff_id, l.patient_id
    ) AS f
    GROUP BY day, organisation_code, staff_id_system, staff_id
)
SELECT staff_id_system, staff_id, organisation_code, '' AS patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    -- One half at the threshold, and the more the further above it; what is linked is work, and weighs little.
    round(deviations / (deviations + {deviations_min:Float64})
        * ({linked_weight:Float64} + (1 - {linked_weight:Float64}) * unlinked / patients), 4) AS score,
    map('role', toString(role), 'patients', toString(patients), 'unlinked', toString(unlinked), 'days', toString(past_days),
        'usual', toString(usual), 'spread', toString(round(spread, 1)), 'deviations', toString(round(deviations, 1)),
        'lookback_days', toString({lookback_days:UInt32})) AS facts,
    arrayMap(event -> event.3, events) AS event_ids,
    arrayMap(event -> toString(event.2), events) AS sources
FROM found
