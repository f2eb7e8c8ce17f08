-- The local days in a range, both ends included, that were built. One row per day.
SELECT DISTINCT toString(d.day) AS built_day
FROM day_builds AS d
WHERE d.day >= {from_day:Date} AND d.day <= {last_day:Date}
ORDER BY built_day
