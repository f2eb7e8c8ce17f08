-- The load that began and is in no ledger: no row, or one.
SELECT toString(load_intents.load_seq) AS load_seq, segment_id, dataset, source, mode, receipt, toUInt32(format_version) AS format_version,
    toUnixTimestamp64Milli(received_at) AS received_at_ms
FROM load_intents
WHERE load_intents.load_seq > {load_seq:UInt64}
ORDER BY load_intents.load_seq
LIMIT 1
