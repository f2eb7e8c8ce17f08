-- The rows of the erasures, in order: what their signed records commit to. `is_there` where the event itself is still
-- stored, as it is until its erasure has come to its end.
SELECT erasure_id, toString(erased_events.load_seq) AS load_seq, segment_position, lower(hex(leaf)) AS leaf, message_id,
    (erased_events.load_seq, segment_position) IN (
        SELECT e.load_seq, e.segment_position
        FROM access_events AS e
        WHERE e.load_seq IN (SELECT x.load_seq FROM erased_events AS x)
    ) AS is_there
FROM erased_events
ORDER BY erasure_id, erased_events.load_seq, segment_position
