-- How far the hours of feeds were read, and up to which load a next step should go: one row. A step takes loads of
-- about a million events, so that it is bounded in time and memory.
WITH
(SELECT max(p.load_seq) FROM feed_hour_parts AS p) AS read_seq,
waiting AS (
    SELECT s.load_seq AS load_seq, s.received + s.rejects AS size FROM segments AS s WHERE s.load_seq > read_seq
    UNION ALL
    SELECT r.load_seq AS load_seq, toUInt64(1) AS size FROM reference_loads AS r WHERE r.load_seq > read_seq
),
sized AS (
    SELECT load_seq, sum(size) OVER (ORDER BY load_seq) AS size_up_to FROM waiting
)
SELECT toUInt64(read_seq) AS read, max(load_seq) AS committed,
    -- At least one load, however large it is.
    greatest(maxIf(load_seq, size_up_to <= {events_max:UInt64}), min(load_seq)) AS next
FROM sized
