-- One page of the native events of a source that were refused, and still are, with what was kept of them.
SELECT segment_id, segment_position, toInt64(toUnixTimestamp64Milli(received_at)) AS received_at_ms, code, expression,
    event_id, raw, raw_encoding
FROM open_rejects
WHERE source = {source:String} AND dataset = 'access_events' AND message_id = ''
    AND received_at >= fromUnixTimestamp64Milli({received_from:Int64}, 'UTC')
    AND received_at < fromUnixTimestamp64Milli({received_to:Int64}, 'UTC')
    AND ({code:String} = '' OR code = {code:String})
    AND (toUnixTimestamp64Milli(received_at), toString(segment_id), segment_position)
        > ({after_ms:Int64}, {after_segment_id:String}, {after_position:UInt32})
ORDER BY received_at, segment_id, segment_position
LIMIT {count:UInt32}
