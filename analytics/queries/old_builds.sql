-- The newest build that was switched before `until`, and how many days were left by readers up to it. One row.
SELECT max(d.build) AS build, countIf(d.build < newest.build) AS superseded
FROM day_builds AS d
INNER JOIN (SELECT day, max(day_builds.build) AS build FROM day_builds GROUP BY day) AS newest ON newest.day = d.day
WHERE d.built_at < {until:DateTime64(3, 'UTC')}
