-- The ledger's rows of loads of reference data in a range of numbers.
SELECT toString(reference_loads.load_seq) AS load_seq, toString(dataset) AS dataset, segment_id,
    digest AS segment_digest, toUInt32(received) AS received, toUInt32(changed) AS changed,
    toUInt32(unchanged) AS unchanged, toUInt32(ended) AS ended, toUInt32(rejects) AS rejects,
    toString(toUnixTimestamp64Milli(loaded_at)) AS loaded_at
FROM reference_loads
WHERE reference_loads.load_seq >= {from_load_seq:UInt64} AND reference_loads.load_seq <= {to_load_seq:UInt64}
ORDER BY reference_loads.load_seq
