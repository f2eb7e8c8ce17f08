-- The ledger's rows below a number of which there is no head. No load was ever given the number 0, or one
-- that another has: what stands there is nobody's to sign.
SELECT toString(segments.load_seq) AS load_seq, segment_id, digest AS segment_digest, toUInt32(received) AS received,
    toUInt32(stored) AS stored, toUInt32(duplicates) AS duplicates, toUInt32(conflicts) AS conflicts,
    toUInt32(rejects) AS rejects, days, toString(toUnixTimestamp64Milli(loaded_at)) AS loaded_at
FROM segments
WHERE segments.load_seq > 0 AND segments.load_seq < {bound:UInt64}
    AND segments.load_seq NOT IN (
        SELECT l.load_seq
        FROM (SELECT load_seq FROM segments UNION ALL SELECT load_seq FROM reference_loads) AS l
        GROUP BY l.load_seq
        HAVING count() > 1
    )
    AND segments.load_seq NOT IN (SELECT s.load_seq FROM seals AS s WHERE s.log = 'events')
ORDER BY segments.load_seq
LIMIT 1000
