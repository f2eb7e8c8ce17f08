-- How many messages that tell events or refusals of the loads are not among those that came with the same loads: one row.
-- Nearly always none, and then nobody has to look through all messages of all time (originals_missing.sql).
SELECT toUInt32(count()) AS messages
FROM (
    SELECT sipHash128(e.source, e.message_id) AS message
    FROM access_events AS e
    WHERE e.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64} AND e.message_id != ''
    UNION DISTINCT
    SELECT sipHash128(r.source, r.message_id) AS message
    FROM ingest_rejects AS r
    WHERE r.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64} AND r.message_id != ''
) AS told
WHERE message NOT IN (
    SELECT sipHash128(o.source, o.message_id)
    FROM original_messages AS o
    WHERE o.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
)
