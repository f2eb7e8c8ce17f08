-- The local days whose current build was made after the last check that was recorded, and their events.
SELECT toString(b.day) AS day, b.events AS events
FROM (
    SELECT day_builds.day AS day, max(day_builds.built_at) AS built_at, argMax(day_builds.events, day_builds.build) AS events
    FROM day_builds
    GROUP BY day_builds.day
) AS b
WHERE b.built_at > (SELECT max(m.marked_at) FROM analytics_marks AS m WHERE m.name = 'invariants')
ORDER BY b.day
