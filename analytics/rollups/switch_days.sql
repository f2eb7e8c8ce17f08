-- One row per day of the batch: from here on readers see its new build, in all roll-ups at once.
INSERT INTO day_builds (day, build, load_seq, built_at, events, accesses, views)
SELECT d.day AS day, {build:UInt64} AS build, {load_seq:UInt64} AS load_seq, {built_at:DateTime64(3, 'UTC')} AS built_at,
    s.events AS events, a.accesses AS accesses, s.views AS views
FROM (SELECT arrayJoin({days:Array(Date)}) AS day) AS d
LEFT JOIN (
    SELECT day, sum(staff_day_builds.events) AS events, sum(staff_day_builds.views) AS views
    FROM staff_day_builds WHERE build = {build:UInt64} GROUP BY day
) AS s ON s.day = d.day
LEFT JOIN (
    SELECT day, count() AS accesses FROM access_builds WHERE build = {build:UInt64} GROUP BY day
) AS a ON a.day = d.day
