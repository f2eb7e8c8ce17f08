-- The ledger's rows of reference data below a number of which there is no head. No load was ever given the number 0, or one
-- that another has: what stands there is nobody's to sign.
SELECT toString(reference_loads.load_seq) AS load_seq, toString(dataset) AS dataset, segment_id,
    digest AS segment_digest, toUInt32(received) AS received, toUInt32(changed) AS changed,
    toUInt32(unchanged) AS unchanged, toUInt32(ended) AS ended, toUInt32(rejects) AS rejects,
    toString(toUnixTimestamp64Milli(loaded_at)) AS loaded_at
FROM reference_loads
WHERE reference_loads.load_seq > 0 AND reference_loads.load_seq < {bound:UInt64}
    AND reference_loads.load_seq NOT IN (
        SELECT l.load_seq
        FROM (SELECT load_seq FROM segments UNION ALL SELECT load_seq FROM reference_loads) AS l
        GROUP BY l.load_seq
        HAVING count() > 1
    )
    AND reference_loads.load_seq NOT IN (SELECT s.load_seq FROM seals AS s WHERE s.log = 'events')
ORDER BY reference_loads.load_seq
LIMIT 1000
