-- The next number of a load, and whether one is under way that has not been committed.
SELECT toString(committed + 1) AS load_seq, (SELECT max(load_intents.load_seq) FROM load_intents) > committed AS is_open
FROM (
    SELECT greatest(
        (SELECT max(segments.load_seq) FROM segments),
        (SELECT max(reference_loads.load_seq) FROM reference_loads)) AS committed
)
