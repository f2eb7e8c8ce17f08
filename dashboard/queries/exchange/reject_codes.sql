-- What was refused, by source, dataset and code.
SELECT source, dataset, code, toFloat64(count()) AS rows,
    toFloat64(toUnixTimestamp64Milli(max(received_at))) AS last_at_ms
FROM ingest_rejects
GROUP BY source, dataset, code
ORDER BY rows DESC, source, dataset, code
LIMIT 200
