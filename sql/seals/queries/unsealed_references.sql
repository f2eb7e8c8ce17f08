-- The ledger's rows of reference data below a number of which there is no head.
SELECT toString(reference_loads.load_seq) AS load_seq, toString(dataset) AS dataset, segment_id,
    digest AS segment_digest, toUInt32(received) AS received, toUInt32(changed) AS changed,
    toUInt32(unchanged) AS unchanged, toUInt32(ended) AS ended, toUInt32(rejects) AS rejects,
    toString(toUnixTimestamp64Milli(loaded_at)) AS loaded_at
FROM reference_loads
WHERE reference_loads.load_seq < {bound:UInt64}
    AND reference_loads.load_seq NOT IN (SELECT s.load_seq FROM seals AS s WHERE s.log = 'events')
ORDER BY reference_loads.load_seq
LIMIT 1000
