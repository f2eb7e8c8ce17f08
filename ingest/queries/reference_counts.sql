-- What the load stored, counted from what it left behind, so that a repeated attempt counts the same.
SELECT
    toUInt32(uniqExactIf(line, ended_at IS NULL)) AS changed,
    toUInt32(uniqExactIf(content_hash, ended_at IS NOT NULL)) AS ended
FROM {versions:Identifier}
WHERE load_seq = {load_seq:UInt64}
