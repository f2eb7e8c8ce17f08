-- The rows of one erasure, in the order in which its record commits to them.
SELECT toString(erased_events.load_seq) AS load_seq, segment_position, lower(hex(leaf)) AS leaf, message_id,
    toString(day) AS day
FROM erased_events
WHERE erasure_id = {erasure_id:String}
ORDER BY erased_events.load_seq, segment_position
