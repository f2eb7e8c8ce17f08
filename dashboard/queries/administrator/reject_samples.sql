-- The latest refusals of one code from one source: where each stood, and what was sent when that was asked for.
SELECT receipt, position, message, raw_encoding, if({with_raw:Bool}, substring(raw, 1, 2000), '') AS raw,
    length(raw) > 2000 AS is_cut, toFloat64(toUnixTimestamp64Milli(received_at)) AS received_at_ms
FROM ingest_rejects
WHERE source = {source:String} AND dataset = {dataset:String} AND code = {code:String}
ORDER BY ingest_rejects.received_at DESC, segment_id, segment_position
LIMIT 20
