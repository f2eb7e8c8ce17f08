-- As reference_ended, for a source that is limited to organisations: what an ended source left of others is not its to end.
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
        AND organisation_code IN {organisation_codes:Array(String)}
        AND (source = {source:String} OR source IN (SELECT source FROM sources WHERE is_ended))
) AS standing
