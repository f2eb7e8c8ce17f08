-- The loads of which not as many refusals and conflicts are kept as the ledger counts: one row per load. Not among them
-- are those whose segment was lost, and those that loaded the rest of such a segment: what the first attempt kept has its
-- number, and is kept once.
--
-- An erasure takes what was refused under the ids and messages of its events, and of how many nothing is said. So of what
-- was loaded before the last erasure only more than was counted is wrong,
-- and of everything while an erasure has not come to its end.
WITH
-- One row per load with any: what is kept.
kept AS (
    SELECT r.load_seq AS load_seq, toUInt64(count()) AS rows
    FROM ingest_rejects AS r
    WHERE r.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
    GROUP BY load_seq
)
SELECT toString(g.load_seq) AS load_seq, toUInt32(g.counted) AS counted, toUInt32(k.rows) AS rows
FROM (
    SELECT s.load_seq AS load_seq, s.rejects + s.conflicts AS counted
    FROM segments AS s
    WHERE s.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
        AND s.segment_id NOT IN (
            SELECT l.segment_id FROM segments AS l WHERE l.digest = '' AND NOT startsWith(l.segment_id, 'erasure:')
        )
) AS g
LEFT JOIN kept AS k ON k.load_seq = g.load_seq
WHERE k.rows > g.counted
    OR (k.rows < g.counted AND g.load_seq > (
        SELECT max(e.load_seq) FROM segments AS e WHERE startsWith(e.segment_id, 'erasure:')
    ) AND (
        SELECT count() FROM seals WHERE log = 'events' AND kind = 'erasure'
    ) = (
        SELECT count() FROM segments AS d WHERE startsWith(d.segment_id, 'erasure:')
    ))
ORDER BY g.load_seq
