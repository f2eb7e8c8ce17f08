-- One row per reference dataset that was ever loaded.
SELECT dataset, toUInt32(count()) AS loads,
    toFloat64(toUnixTimestamp64Milli(max(loaded_at))) AS loaded_at_ms,
    toFloat64(sum(received)) AS received_rows, toFloat64(sum(changed)) AS changed_rows,
    toFloat64(sum(rejects)) AS rejected_rows, toFloat64(argMax(received, load_seq)) AS last_received,
    toFloat64(argMax(changed, load_seq)) AS last_changed, toFloat64(argMax(ended, load_seq)) AS last_ended
FROM reference_loads
GROUP BY dataset
ORDER BY dataset
