-- Keeps what was refused and what conflicts, but for what an attempt that did not end has kept already.
INSERT INTO ingest_rejects (
    source, dataset, received_at, load_seq, segment_id, segment_position, receipt, position, code, message, event_id,
    raw, raw_encoding, message_id, expression
)
SELECT source, if(record = 'event', 'access_events', dataset), fromUnixTimestamp64Milli(received_at, 'UTC'),
    {load_seq:UInt64}, {segment_id:String}, segment_position, receipt, position,
    if(record = 'event', 'EVENT_CONFLICT', code),
    if(record = 'event', {conflict_message:String}, message),
    event_id,
    if(record = 'event',
        formatRowNoNewline('JSONEachRow', event_id, occurred_at_text AS occurred_at, action, outcome, trigger,
            staff_id, staff_id_system, staff_name, role_code, role_name, organisation_code, site_code, application,
            session_id, launch_id, device_id, ip_address, patient_id, section, document_id, supplier_codes, purpose,
            override, reason, search_terms, search_results),
        raw),
    if(record = 'event', 'utf8', raw_encoding), message_id, expression
FROM (
    SELECT *, formatDateTime(fromUnixTimestamp64Milli(segment_lines.occurred_at, 'UTC'), '%Y-%m-%dT%H:%i:%S.%fZ')
        AS occurred_at_text
    FROM segment_lines
) AS lines
WHERE (
        record = 'reject'
        OR (
            record = 'event'
            AND segment_position IN (SELECT segment_position FROM segment_verdicts WHERE verdict = 'conflict')
        )
    )
    AND segment_position NOT IN (
        SELECT segment_position
        FROM ingest_rejects
        WHERE source IN (SELECT DISTINCT source FROM segment_lines)
            AND received_at IN (SELECT DISTINCT fromUnixTimestamp64Milli(received_at, 'UTC') FROM segment_lines)
            AND segment_id = {segment_id:String}
    )
