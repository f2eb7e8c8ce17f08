-- The stored events of some foreign messages, superseded ones too, and those that have one of some ids. A message's events
-- are in its own load, or in one of a run again, whose receipts begin with rerun_; the ledger says on which days.
-- Those of a message that was refused first and sent again are in a load that nothing names: they are on the days of the
-- ids that the message tells, or would tell if it were not refused.
WITH
loads AS (
    SELECT arrayJoin({load_seqs:Array(UInt64)}) AS load_seq
    UNION ALL
    SELECT receipts.load_seq AS load_seq
    FROM receipts
    WHERE startsWith(receipts.receipt, 'rerun_') AND receipts.source = {source:String}
),
days_of_loads AS (
    SELECT arrayJoin(s.days) AS day FROM segments AS s WHERE s.load_seq IN (SELECT loads.load_seq FROM loads)
),
days_of_ids AS (
    SELECT k.day AS day
    FROM event_keys AS k
    WHERE k.key IN (SELECT sipHash64({source:String}, arrayJoin({event_ids:Array(String)})))
)
SELECT toString(source) AS source, event_id, toInt64(toUnixTimestamp64Milli(occurred_at)) AS occurred_at_ms,
    toInt64(toUnixTimestamp64Milli(received_at)) AS received_at_ms, action, outcome, trigger, staff_id,
    staff_id_system, staff_name, role_code, role_name, organisation_code, site_code, application, session_id,
    launch_id, device_id, ip_address, patient_id, section, document_id, supplier_codes, purpose, override, reason,
    search_terms, search_results, message_id, toInt64(load_seq) AS load_seq, segment_position,
    (e.load_seq, e.segment_position) NOT IN (
        SELECT s.event_load_seq, s.event_position
        FROM superseded_events AS s
        WHERE s.load_seq IN (SELECT segments.load_seq FROM segments)
    ) AS is_current
FROM access_events AS e
WHERE e.source = {source:String}
    AND e.load_seq IN (SELECT segments.load_seq FROM segments)
    AND (
        (
            e.day IN (SELECT days_of_loads.day FROM days_of_loads)
            AND e.load_seq IN (SELECT loads.load_seq FROM loads)
            AND e.message_id IN {message_ids:Array(String)}
        )
        OR (
            e.day IN (SELECT days_of_ids.day FROM days_of_ids)
            AND (e.event_id IN {event_ids:Array(String)} OR e.message_id IN {message_ids:Array(String)})
        )
    )
