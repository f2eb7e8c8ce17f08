-- Events stored by source and local day of loading, over the latest days with a load.
WITH loads AS
(
    SELECT load_seq, toDate(loaded_at, 'Europe/London') AS loaded_on
    FROM segments
)
SELECT toString(loaded_on) AS day, source, toFloat64(sum(stored)) AS stored_events
FROM receipts
INNER JOIN loads USING (load_seq)
WHERE loaded_on > {after:Date}
GROUP BY loaded_on, source
ORDER BY loaded_on DESC, source
