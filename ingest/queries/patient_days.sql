-- The local days on which patients may have events: those of the roll-ups, in the patient's own order, and those whose
-- newest load no build holds yet. More days than needed do no harm; the events themselves are asked.
SELECT DISTINCT toString(d.day) AS local_day
FROM (
    SELECT a.day AS day FROM access_builds AS a WHERE a.patient_id IN {patients:Array(String)}
    UNION ALL
    SELECT l.day AS day
    FROM (
        SELECT event_day AS day, max(segments.load_seq) AS loaded
        FROM segments
        ARRAY JOIN days AS event_day
        GROUP BY event_day
    ) AS l
    LEFT JOIN (
        SELECT day_builds.day AS day, max(day_builds.load_seq) AS built FROM day_builds GROUP BY day_builds.day
    ) AS b ON b.day = l.day
    WHERE l.loaded > b.built
) AS d
WHERE d.day BETWEEN {first_day:Date} AND {last_day:Date}
ORDER BY local_day
