-- The loads with events whose key is not kept, or only under another day: one row per load, with how many. Without its key
-- an id is not known when it comes again, and would be stored a second time. Those of erased events have to be kept too.
--
-- Memory: of all keys ever kept only those are held that the loads tell of, at some 50 bytes an event.
WITH told AS (
    SELECT e.load_seq AS load_seq, sipHash64(e.source, e.event_id) AS key, e.day AS day
    FROM access_events AS e
    WHERE e.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
    UNION ALL
    SELECT x.load_seq AS load_seq, x.key AS key, x.day AS day
    FROM erased_events AS x
    WHERE x.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
)
SELECT toString(t.load_seq) AS load_seq, toUInt32(count()) AS events
FROM told AS t
WHERE (t.key, t.day) NOT IN (
    SELECT k.key, k.day FROM event_keys AS k WHERE k.key IN (SELECT n.key FROM told AS n)
)
GROUP BY t.load_seq
ORDER BY t.load_seq
