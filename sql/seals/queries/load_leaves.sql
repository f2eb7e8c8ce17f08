-- The leaves of a load in the order of their positions, those of erased events among them.
SELECT segment_position, lower(hex(leaf)) AS leaf
FROM (
    SELECT e.segment_position AS segment_position, e.leaf_v1 AS leaf
    FROM access_events AS e
    WHERE e.load_seq = {load_seq:UInt64}
    UNION ALL
    SELECT x.segment_position AS segment_position, x.leaf AS leaf
    FROM erased_events AS x
    WHERE x.load_seq = {load_seq:UInt64}
        AND x.segment_position NOT IN (SELECT k.segment_position FROM access_events AS k WHERE k.load_seq = {load_seq:UInt64})
)
ORDER BY segment_position
