-- Keeps the bytes of the foreign messages, each once per source, however often it comes and the load is repeated.
INSERT INTO original_messages (
    source, message_id, received_at, load_seq, segment_id, segment_position, receipt, format, transport, media_type,
    raw, raw_encoding
)
SELECT source, message_id, fromUnixTimestamp64Milli(received_at, 'UTC'), {load_seq:UInt64}, {segment_id:String},
    segment_position, receipt, format, transport, media_type, raw, raw_encoding
FROM segment_lines
WHERE record = 'message'
    AND (source, message_id) NOT IN (
        SELECT source, message_id
        FROM original_messages
        WHERE message_id IN (SELECT message_id FROM segment_lines WHERE record = 'message')
    )
    AND message_id NOT IN (SELECT message_id FROM erased_events WHERE message_id != '')
ORDER BY segment_position
LIMIT 1 BY source, message_id
