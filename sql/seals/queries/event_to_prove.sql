-- The stored event of a source by its id, with its salt and its canonical bytes; no row where there is none, or it was erased.
SELECT toString(access_events.load_seq) AS load_seq, segment_position, hex(salt) AS salt, base64Encode(canonical_v1) AS canonical,
    lower(hex(leaf_v1)) AS leaf
FROM access_events
WHERE source = {source:String} AND event_id = {event_id:String}
    AND day IN (SELECT event_keys.day FROM event_keys WHERE key = sipHash64({source:String}, {event_id:String}))
LIMIT 1
