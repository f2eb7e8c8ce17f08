-- The rows of the erasures, in order: what their signed records commit to.
SELECT erasure_id, toString(erased_events.load_seq) AS load_seq, segment_position, toString(erased_events.day) AS day,
    lower(hex(leaf)) AS leaf, toString(erased_events.key) AS key, lower(hex(erased_events.id_hash)) AS id_hash, message_id
FROM erased_events
ORDER BY erasure_id, erased_events.load_seq, segment_position
