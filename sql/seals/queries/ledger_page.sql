-- The ledger's rows of loads of events, in order of their numbers.
SELECT toString(segments.load_seq) AS load_seq, segment_id, digest AS segment_digest, toUInt32(received) AS received,
    toUInt32(stored) AS stored, toUInt32(duplicates) AS duplicates, toUInt32(conflicts) AS conflicts,
    toUInt32(rejects) AS rejects, toString(toUnixTimestamp64Milli(loaded_at)) AS loaded_at, tree_head AS root
FROM segments
WHERE segments.load_seq > {after:UInt64} AND segments.load_seq <= {to_load_seq:UInt64}
ORDER BY segments.load_seq
LIMIT {rows_max:UInt32}
