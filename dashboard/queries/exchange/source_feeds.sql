-- One row per source: its last event, when it was last heard of, and what became of all that it sent.
-- A source that ended before it sent any event is left out.
-- Receipts of reference data are left out: their loads are in another ledger. The last event is sought in the latest days, where nearly every source has one; else the ledger says.
WITH
    recent AS
    (
        SELECT source, max(occurred_at) AS recent_at
        FROM committed_events
        WHERE day >= (SELECT max(day) - 31 FROM day_builds)
        GROUP BY source
    ),
    ledger AS
    (
        SELECT source, max(last_occurred_at) AS ledger_at
        FROM segments
        ARRAY JOIN sources AS source
        GROUP BY source
    ),
    outcomes AS
    (
        SELECT source, sum(stored) AS stored_events, sum(duplicates) AS duplicate_events,
            sum(conflicts) AS conflicting_events
        FROM receipts
        WHERE load_seq IN (SELECT load_seq FROM segments)
        GROUP BY source
    ),
    heard AS
    (
        SELECT source, max(loaded_at) AS heard_at
        FROM receipts
        INNER JOIN (SELECT load_seq, loaded_at FROM segments) AS loads USING (load_seq)
        GROUP BY source
    ),
    refused AS
    (
        SELECT source, count() AS rejected_events
        FROM ingest_rejects
        WHERE dataset = 'access_events'
        GROUP BY source
    )
SELECT source, is_simulated, is_ended, toUInt32(length(organisation_codes)) AS limited_to,
    toFloat64(toUnixTimestamp64Milli(added_at)) AS added_at_ms,
    toFloat64(toUnixTimestamp64Milli(greatest(recent_at, coalesce(ledger_at, toDateTime64(0, 3, 'UTC'))))) AS last_event_at_ms,
    toFloat64(toUnixTimestamp64Milli(heard_at)) AS heard_at_ms,
    toFloat64(stored_events) AS stored, toFloat64(duplicate_events) AS duplicates,
    toFloat64(conflicting_events) AS conflicts, toFloat64(rejected_events) AS rejects
FROM sources
LEFT JOIN recent USING (source)
LEFT JOIN ledger USING (source)
LEFT JOIN outcomes USING (source)
LEFT JOIN heard USING (source)
LEFT JOIN refused USING (source)
WHERE NOT is_ended OR stored_events + duplicate_events + conflicting_events + rejected_events > 0
ORDER BY source
