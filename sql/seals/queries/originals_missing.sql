-- The loads with events or refusals whose message is not kept, nor erased: one row per load, with how many of each.
--
-- `told` has one row per message and load. A message is known by a hash of 16 bytes, so that a batch of loads fits into
-- memory; of all messages ever kept only those are held that the batch tells of.
WITH told AS (
    SELECT e.load_seq AS load_seq, sipHash128(e.source, e.message_id) AS message, count() AS events, 0 AS rejects
    FROM access_events AS e
    WHERE e.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64} AND e.message_id != ''
        AND e.message_id NOT IN (SELECT x.message_id FROM erased_events AS x WHERE x.message_id != '')
    GROUP BY load_seq, message
    UNION ALL
    SELECT r.load_seq AS load_seq, sipHash128(r.source, r.message_id) AS message, 0 AS events, count() AS rejects
    FROM ingest_rejects AS r
    WHERE r.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64} AND r.message_id != ''
        AND r.message_id NOT IN (SELECT x.message_id FROM erased_events AS x WHERE x.message_id != '')
    GROUP BY load_seq, message
)
SELECT toString(t.load_seq) AS load_seq, toUInt32(sum(t.events)) AS events, toUInt32(sum(t.rejects)) AS rejects
FROM told AS t
WHERE t.message NOT IN (
    SELECT sipHash128(o.source, o.message_id)
    FROM original_messages AS o
    WHERE sipHash128(o.source, o.message_id) IN (SELECT n.message FROM told AS n)
)
GROUP BY t.load_seq
ORDER BY t.load_seq
