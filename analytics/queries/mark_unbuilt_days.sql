-- Days whose newest events no build holds yet: which accesses new reference data touches there cannot be told, so all.
INSERT INTO dirty_days (day, load_seq, cause)
SELECT d.day AS day, {to_load_seq:UInt64} AS load_seq, 'unbuilt' AS cause
FROM (SELECT dirty_days.day AS day, max(dirty_days.load_seq) AS dirty FROM dirty_days GROUP BY dirty_days.day) AS d
LEFT JOIN (SELECT day_builds.day AS day, max(day_builds.load_seq) AS built FROM day_builds GROUP BY day_builds.day) AS b
    ON b.day = d.day
WHERE d.dirty > b.built
