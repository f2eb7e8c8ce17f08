-- Stores the rows of the load that are new or other than before; the later line of a key wins. The hash covers the
-- key and all fields, so a row that is the current one has its hash among the current hashes.
INSERT INTO {versions:Identifier}
SELECT * REPLACE ({load_seq:UInt64} AS load_seq, {source:String} AS source)
FROM (SELECT * FROM {staging:Identifier} FINAL) AS staged
WHERE line > 0
    AND content_hash NOT IN (
        SELECT content_hash
        FROM (SELECT content_hash, ended_at FROM {versions:Identifier} FINAL) AS standing
        WHERE ended_at IS NULL
    )
