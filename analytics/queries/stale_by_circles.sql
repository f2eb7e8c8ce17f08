-- Built days, but for those given, with an access whose earlier care became another by the build of `days`: the same
-- patient, and the same circle of people. One row per day.
WITH
-- What primary explanations say of a day, patient and circle in the build that readers see, and in the one to come,
-- where the two differ. An access without any says nothing to a later day.
changed AS (
    SELECT day, patient_id, circle
    FROM (
        SELECT day, patient_id, circle, toInt8(strength) AS level, 0 AS is_new FROM circle_links
        WHERE day IN {days:Array(Date)} AND strength > 'none'
        UNION ALL
        SELECT day, patient_id, circle, toInt8(strength) AS level, 1 AS is_new FROM circle_link_builds
        WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND strength > 'none'
    )
    GROUP BY day, patient_id, circle
    HAVING sumIf(level, is_new = 0) != sumIf(level, is_new = 1)
)
SELECT DISTINCT toString(l.day) AS stale_day
FROM circle_links AS l
INNER JOIN changed AS c ON c.patient_id = l.patient_id AND c.circle = l.circle
WHERE l.day IN {candidates:Array(Date)} AND l.day > c.day AND l.day <= addDays(c.day, {back_days:UInt32})
    AND (l.patient_id, l.circle) IN (SELECT patient_id, circle FROM changed)
ORDER BY stale_day
