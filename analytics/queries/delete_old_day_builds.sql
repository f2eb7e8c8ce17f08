-- Rows up to the given build that are of no day's current build: superseded, or left by a build that crashed.
ALTER TABLE day_builds DELETE
WHERE build <= {build:UInt64}
    AND (day, build) NOT IN (SELECT d.day, max(d.build) FROM day_builds AS d GROUP BY d.day)
