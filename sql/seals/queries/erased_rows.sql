-- The rows of one erasure, in the order in which its record commits to them.
SELECT toString(erased_events.load_seq) AS load_seq, segment_position, toString(erased_events.day) AS day,
    lower(hex(leaf)) AS leaf, toString(erased_events.key) AS key, lower(hex(erased_events.id_hash)) AS id_hash, message_id
FROM erased_events
WHERE erasure_id = {erasure_id:String}
ORDER BY erased_events.load_seq, segment_position
