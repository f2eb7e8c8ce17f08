-- Only the highest number above which a day has to be built matters.
ALTER TABLE stale_days DELETE
WHERE (day, build) NOT IN (SELECT s.day, max(s.build) FROM stale_days AS s GROUP BY s.day)
