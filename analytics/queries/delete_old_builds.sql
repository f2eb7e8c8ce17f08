-- Rows up to the given build, but for those of a day's build that was current at `until` or came after it: what goes was
-- superseded before `until`, or left by a build that crashed.
ALTER TABLE {table:Identifier} DELETE
WHERE build <= {build:UInt64}
    AND (day, build) NOT IN (
        SELECT d.day, d.build
        FROM day_builds AS d
        LEFT JOIN (
            SELECT o.day AS day, max(o.build) AS build
            FROM day_builds AS o
            WHERE o.built_at < {until:DateTime64(3, 'UTC')}
            GROUP BY o.day
        ) AS newest ON newest.day = d.day
        WHERE d.build >= newest.build
    )
