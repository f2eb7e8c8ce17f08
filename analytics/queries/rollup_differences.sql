-- One row per local day and figure that differs between the events and the roll-ups of the current build. A day whose
-- newest load no build holds yet is left out; a day with marked events that was never built is not. Events of loads that
-- are not marked yet are nobody's fault, and left out as well.
WITH
source_events AS (
    SELECT c.day AS day, c.action AS action, c.outcome AS outcome, c.trigger AS trigger, c.staff_id_system AS staff_id_system,
        c.staff_id AS staff_id, c.organisation_code AS organisation_code, c.patient_id AS patient_id
    FROM committed_events AS c
    WHERE ({is_every_day:Bool} OR c.day IN {days:Array(Date)})
        AND c.load_seq <= (SELECT max(m.load_seq) FROM analytics_marks AS m WHERE m.name = 'days')
),
unbuilt AS (
    SELECT d.day AS day
    FROM (SELECT dirty_days.day AS day, max(dirty_days.load_seq) AS dirty FROM dirty_days GROUP BY dirty_days.day) AS d
    LEFT JOIN (SELECT day_builds.day AS day, max(day_builds.load_seq) AS built FROM day_builds GROUP BY day_builds.day) AS b
        ON b.day = d.day
    WHERE d.dirty > b.built
),
figures AS (
    SELECT e.day AS day, 'events' AS figure, toInt64(count()) AS source, toInt64(0) AS rolled_up
    FROM source_events AS e GROUP BY e.day
    UNION ALL
    SELECT s.day AS day, 'events' AS figure, toInt64(0) AS source, toInt64(sum(s.events)) AS rolled_up
    FROM staff_days AS s WHERE {is_every_day:Bool} OR s.day IN {days:Array(Date)} GROUP BY s.day
    UNION ALL
    SELECT e.day AS day, 'views' AS figure, toInt64(countIf(e.action = 'view' AND e.outcome IN ('success', 'unknown'))) AS source,
        toInt64(0) AS rolled_up
    FROM source_events AS e GROUP BY e.day
    UNION ALL
    SELECT s.day AS day, 'views' AS figure, toInt64(0) AS source, toInt64(sum(s.views)) AS rolled_up
    FROM staff_days AS s WHERE {is_every_day:Bool} OR s.day IN {days:Array(Date)} GROUP BY s.day
    UNION ALL
    SELECT e.day AS day, 'events on patients' AS figure, toInt64(countIf(e.patient_id != '')) AS source, toInt64(0) AS rolled_up
    FROM source_events AS e GROUP BY e.day
    UNION ALL
    SELECT a.day AS day, 'events on patients' AS figure, toInt64(0) AS source, toInt64(sum(a.events)) AS rolled_up
    FROM accesses AS a WHERE {is_every_day:Bool} OR a.day IN {days:Array(Date)} GROUP BY a.day
    UNION ALL
    SELECT e.day AS day, 'accesses' AS figure,
        toInt64(uniqExactIf((e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id), e.patient_id != '')) AS source,
        toInt64(0) AS rolled_up
    FROM source_events AS e GROUP BY e.day
    UNION ALL
    SELECT a.day AS day, 'accesses' AS figure, toInt64(0) AS source, toInt64(count()) AS rolled_up
    FROM accesses AS a WHERE {is_every_day:Bool} OR a.day IN {days:Array(Date)} GROUP BY a.day
    UNION ALL
    SELECT f.day AS day, 'patients by area' AS figure, toInt64(0) AS source, toInt64(sum(f.patients)) AS rolled_up
    FROM area_flows AS f WHERE {is_every_day:Bool} OR f.day IN {days:Array(Date)} GROUP BY f.day
    UNION ALL
    SELECT a.day AS day, 'patients by area' AS figure, toInt64(uniqExact((a.organisation_code, a.patient_id))) AS source,
        toInt64(0) AS rolled_up
    FROM accesses AS a WHERE {is_every_day:Bool} OR a.day IN {days:Array(Date)} GROUP BY a.day
    UNION ALL
    SELECT a.day AS day, 'openings' AS figure, toInt64(sum(a.openings)) AS source, toInt64(0) AS rolled_up
    FROM accesses AS a WHERE {is_every_day:Bool} OR a.day IN {days:Array(Date)} GROUP BY a.day
    UNION ALL
    SELECT s.day AS day, 'openings' AS figure, toInt64(0) AS source, toInt64(sum(s.openings)) AS rolled_up
    FROM staff_days AS s WHERE {is_every_day:Bool} OR s.day IN {days:Array(Date)} GROUP BY s.day
    UNION ALL
    SELECT e.day AS day, 'accesses by hand' AS figure,
        toInt64(uniqExactIf((e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id), e.patient_id != ''
            AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown'))) AS source,
        toInt64(0) AS rolled_up
    FROM source_events AS e GROUP BY e.day
    UNION ALL
    SELECT l.day AS day, 'accesses by hand' AS figure, toInt64(0) AS source, toInt64(count()) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT l.day AS day, 'unlinked accesses by person' AS figure, toInt64(countIf(l.strength < 'team')) AS source,
        toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT s.day AS day, 'unlinked accesses by person' AS figure, toInt64(0) AS source,
        toInt64(sum(if(length(s.unlinked_looks) = s.unlinked, s.unlinked + length(s.untold_looks), 0))) AS rolled_up
    FROM staff_link_days AS s WHERE {is_every_day:Bool} OR s.day IN {days:Array(Date)} GROUP BY s.day
    UNION ALL
    SELECT l.day AS day, 'accesses by person' AS figure, toInt64(count()) AS source, toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT s.day AS day, 'accesses by person' AS figure, toInt64(0) AS source, toInt64(sum(s.accesses)) AS rolled_up
    FROM staff_link_days AS s WHERE {is_every_day:Bool} OR s.day IN {days:Array(Date)} GROUP BY s.day
    UNION ALL
    SELECT l.day AS day, 'people by role' AS figure,
        toInt64(uniqExact((l.organisation_code, l.role, l.staff_id_system, l.staff_id))) AS source, toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT c.day AS day, 'people by role' AS figure, toInt64(0) AS source, toInt64(sum(c.people)) AS rolled_up
    FROM link_coverage AS c WHERE {is_every_day:Bool} OR c.day IN {days:Array(Date)} GROUP BY c.day
    UNION ALL
    SELECT l.day AS day, 'sections by role' AS figure, toInt64(sum(length(l.sections))) AS source, toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT c.day AS day, 'sections by role' AS figure, toInt64(0) AS source,
        toInt64(sum(arraySum(mapValues(c.sections)))) AS rolled_up
    FROM link_coverage AS c WHERE {is_every_day:Bool} OR c.day IN {days:Array(Date)} GROUP BY c.day
    UNION ALL
    SELECT l.day AS day, 'explanations by role' AS figure, toInt64(sum(length(l.explanation_ids))) AS source, toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT c.day AS day, 'explanations by role' AS figure, toInt64(0) AS source,
        toInt64(sum(arraySum(mapValues(c.explanations)))) AS rolled_up
    FROM link_coverage AS c WHERE {is_every_day:Bool} OR c.day IN {days:Array(Date)} GROUP BY c.day
    UNION ALL
    SELECT l.day AS day, 'accesses by role' AS figure, toInt64(count()) AS source, toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT c.day AS day, 'accesses by role' AS figure, toInt64(0) AS source, toInt64(sum(c.accesses)) AS rolled_up
    FROM link_coverage AS c WHERE {is_every_day:Bool} OR c.day IN {days:Array(Date)} GROUP BY c.day
    UNION ALL
    SELECT l.day AS day, 'linked accesses by role' AS figure, toInt64(countIf(l.strength > 'none')) AS source,
        toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT c.day AS day, 'linked accesses by role' AS figure, toInt64(0) AS source,
        toInt64(sum(c.inferred + c.organisation + c.team + c.person)) AS rolled_up
    FROM link_coverage AS c WHERE {is_every_day:Bool} OR c.day IN {days:Array(Date)} GROUP BY c.day
    UNION ALL
    SELECT l.day AS day, 'patients in circles' AS figure, toInt64(uniqExact(l.patient_id)) AS source, toInt64(0) AS rolled_up
    FROM access_links AS l WHERE {is_every_day:Bool} OR l.day IN {days:Array(Date)} GROUP BY l.day
    UNION ALL
    SELECT c.day AS day, 'patients in circles' AS figure, toInt64(0) AS source, toInt64(uniqExact(c.patient_id)) AS rolled_up
    FROM circle_links AS c WHERE {is_every_day:Bool} OR c.day IN {days:Array(Date)} GROUP BY c.day
)
SELECT toString(f.day) AS day, f.figure AS figure, sum(f.source) AS source, sum(f.rolled_up) AS rolled_up
FROM figures AS f
WHERE f.day NOT IN (SELECT u.day FROM unbuilt AS u)
GROUP BY f.day, f.figure
HAVING source != rolled_up
ORDER BY f.day, f.figure
