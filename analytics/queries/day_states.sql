-- One row per local day: up to which load it is dirty and built, whether what it looks back on became another since, when
-- it was built, and how much it holds.
SELECT
    toString(d.day) AS day, d.dirty AS dirty, b.built AS built, b.build > 0 AND s.build >= b.build AS is_stale,
    toUnixTimestamp64Milli(b.built_at) AS built_at, b.events AS events, b.accesses AS accesses
FROM (SELECT dirty_days.day AS day, max(dirty_days.load_seq) AS dirty FROM dirty_days GROUP BY dirty_days.day) AS d
LEFT JOIN (
    SELECT day_builds.day AS day, max(day_builds.build) AS build, max(day_builds.load_seq) AS built,
        max(day_builds.built_at) AS built_at, argMax(day_builds.events, day_builds.build) AS events,
        argMax(day_builds.accesses, day_builds.build) AS accesses
    FROM day_builds
    GROUP BY day_builds.day
) AS b ON b.day = d.day
LEFT JOIN (
    SELECT stale_days.day AS day, max(stale_days.build) AS build FROM stale_days GROUP BY stale_days.day
) AS s ON s.day = d.day
ORDER BY d.day
