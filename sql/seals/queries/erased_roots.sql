-- The rows of the erasures, in order: what their signed records commit to.
SELECT erasure_id, toString(erased_events.load_seq) AS load_seq, segment_position, lower(hex(leaf)) AS leaf
FROM erased_events
ORDER BY erasure_id, erased_events.load_seq, segment_position
