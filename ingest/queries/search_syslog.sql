-- One page of the syslog messages of a time, as they came, in the order of receipt; at most so many bytes, and at least one.
SELECT message_id, source, received_at_ms, transport, format, raw, raw_encoding
FROM (
    SELECT message_id, toString(source) AS source, toInt64(toUnixTimestamp64Milli(received_at)) AS received_at_ms,
        transport, format, raw, raw_encoding,
        sum(length(raw)) OVER (ORDER BY received_at, source, message_id) AS bytes_so_far,
        row_number() OVER (ORDER BY received_at, source, message_id) AS number
    FROM (
        SELECT message_id, source, received_at, transport, format, raw, raw_encoding
        FROM original_messages
        WHERE startsWith(transport, 'syslog')
            AND received_at >= fromUnixTimestamp64Milli({received_from:Int64}, 'UTC')
            AND received_at < fromUnixTimestamp64Milli({received_to:Int64}, 'UTC')
            AND load_seq <= {load_seq:UInt64}
            AND load_seq IN (SELECT segments.load_seq FROM segments)
            AND (empty({scope_sources:Array(String)}) OR source IN {scope_sources:Array(String)})
            AND (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
            AND (toUnixTimestamp64Milli(received_at), toString(source), message_id)
                > ({after_ms:Int64}, {after_source:String}, {after_message_id:String})
        ORDER BY received_at, source, message_id
        LIMIT {count:UInt32}
    )
)
WHERE bytes_so_far <= {bytes_max:UInt64} OR number = 1
ORDER BY received_at_ms, source, message_id
