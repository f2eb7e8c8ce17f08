-- One page of the foreign messages of a source, in the order of receipt; at most so many bytes, and at least one message.
-- With a code, those with a refusal of that code that stands.
SELECT message_id, received_at_ms, load_seq, transport, media_type, raw, raw_encoding
FROM (
    SELECT message_id, toInt64(toUnixTimestamp64Milli(received_at)) AS received_at_ms, toInt64(load_seq) AS load_seq,
        transport, media_type, raw, raw_encoding,
        sum(length(raw)) OVER (ORDER BY received_at, message_id) AS bytes_so_far,
        row_number() OVER (ORDER BY received_at, message_id) AS number
    FROM (
        SELECT message_id, received_at, load_seq, transport, media_type, raw, raw_encoding
        FROM original_messages
        WHERE source = {source:String}
            AND received_at >= fromUnixTimestamp64Milli({received_from:Int64}, 'UTC')
            AND received_at < fromUnixTimestamp64Milli({received_to:Int64}, 'UTC')
            AND load_seq IN (SELECT segments.load_seq FROM segments)
            AND ({code:String} = '' OR message_id IN (
                SELECT r.message_id
                FROM open_rejects AS r
                WHERE r.source = {source:String} AND r.code = {code:String} AND r.message_id != ''
            ))
            AND (toUnixTimestamp64Milli(received_at), message_id) > ({after_ms:Int64}, {after_message_id:String})
        ORDER BY received_at, message_id
        LIMIT {count:UInt32}
    )
)
WHERE bytes_so_far <= {bytes_max:UInt64} OR number = 1
ORDER BY received_at_ms, message_id
