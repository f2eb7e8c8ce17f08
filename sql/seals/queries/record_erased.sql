-- The rows that stand for what is about to be erased, but for those that an attempt which did not end has left.
INSERT INTO erased_events (erasure_id, load_seq, segment_position, day, leaf, salt_hash, key, id_hash, message_id)
SELECT {erasure_id:String}, e.load_seq, e.segment_position, e.day, e.leaf_v1, sipHash64(e.salt),
    sipHash64(e.source, e.event_id),
    SHA256(concat(toString(length(e.source)), ':', e.source, ',', toString(length(e.event_id)), ':', e.event_id, ',')),
    e.message_id
FROM access_events AS e
WHERE e.load_seq IN {loads:Array(UInt64)}
    AND has(arrayZip({loads:Array(UInt64)}, {positions:Array(UInt32)}), (e.load_seq, e.segment_position))
    AND (e.load_seq, e.segment_position) NOT IN (SELECT x.load_seq, x.segment_position FROM erased_events AS x)
ORDER BY e.load_seq, e.segment_position
