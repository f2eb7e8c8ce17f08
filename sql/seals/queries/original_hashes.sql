-- The kept messages of loads whose bytes are not those that their message_id is the SHA-256 of: one row per load with any.
-- Bytes that are no base64, or in an encoding that is not ours, are none of any message.
SELECT toString(o.load_seq) AS load_seq, toUInt32(count()) AS messages
FROM original_messages AS o
WHERE o.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
    AND multiIf(
        o.raw_encoding = 'utf8', lower(hex(SHA256(o.raw))),
        o.raw_encoding = 'base64', lower(hex(SHA256(tryBase64Decode(o.raw)))),
        '') != o.message_id
GROUP BY o.load_seq
ORDER BY o.load_seq
