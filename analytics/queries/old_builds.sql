-- The newest build that was switched before `until`, and how many builds of days readers had left by then. One row.
SELECT max(d.build) AS build, countIf(d.build < newest.build) AS superseded
FROM day_builds AS d
INNER JOIN (
    SELECT o.day AS day, max(o.build) AS build
    FROM day_builds AS o
    WHERE o.built_at < {until:DateTime64(3, 'UTC')}
    GROUP BY o.day
) AS newest ON newest.day = d.day
WHERE d.built_at < {until:DateTime64(3, 'UTC')}
