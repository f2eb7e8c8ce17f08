-- Ends the keys that a full load no longer holds. The current row of a key that it does hold has its hash in the load:
-- it is unchanged, or was stored by this load just now. Rows of other sources that still send are theirs to end.
INSERT INTO {versions:Identifier}
SELECT * REPLACE (
    {load_seq:UInt64} AS load_seq,
    toUInt32(0) AS line,
    {source:String} AS source,
    CAST(fromUnixTimestamp64Milli({as_of:Int64}, 'UTC'), 'Nullable(DateTime64(3, \'UTC\'))') AS ended_at)
FROM (
    SELECT *
    FROM (SELECT * FROM {versions:Identifier} FINAL) AS current_rows
    WHERE ended_at IS NULL
        AND content_hash NOT IN (SELECT content_hash FROM {staging:Identifier})
        AND (source = {source:String} OR source IN (SELECT source FROM sources WHERE is_ended))
) AS standing
