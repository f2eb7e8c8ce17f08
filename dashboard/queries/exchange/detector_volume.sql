-- Alerts of each detector by week, in the given organisations or in all: raised, and of those withdrawn since. One row
-- per detector and week, of which Monday is the day.
SELECT detector_id, toString(toMonday(day)) AS week, toUInt32(count()) AS alerts,
    toUInt32(countIf(is_withdrawn)) AS withdrawn
FROM
(
    SELECT v.alert_id AS alert_id, argMax(toString(v.detector_id), v.version) AS detector_id, argMax(v.day, v.version) AS day,
        argMax(v.change, v.version) = 'withdrawn' AS is_withdrawn
    FROM alert_versions AS v
    WHERE ({is_all:Bool} OR v.organisation_code IN {codes:Array(String)})
        AND NOT has({own_staff:Array(String)}, concat(v.staff_id_system, '|', v.staff_id))
    GROUP BY v.alert_id
)
GROUP BY detector_id, week
ORDER BY detector_id, week DESC
