-- The newest load that changed more than what was seen: reference data, or events that a rerun took back. One row.
SELECT greatest(
    (SELECT max(r.load_seq) FROM reference_loads AS r WHERE r.changed + r.ended > 0),
    (SELECT max(s.load_seq) FROM superseded_events AS s)
) AS load_seq
