-- Stores the events that are new. The salt comes from a key that leaves with the segment's file.
INSERT INTO access_events (
    source, event_id, occurred_at, day, action, outcome, trigger, staff_id, staff_id_system, staff_name, role_code,
    role_name, organisation_code, site_code, application, session_id, launch_id, device_id, ip_address, patient_id,
    section, document_id, supplier_codes, purpose, override, reason, search_terms, search_results, received_at,
    load_seq, segment_id, segment_position, message_id, salt
)
SELECT
    source, event_id, fromUnixTimestamp64Milli(occurred_at, 'UTC') AS occurred, toDate(occurred, 'Europe/London'),
    action, outcome, trigger, staff_id, staff_id_system, staff_name, role_code, role_name, organisation_code,
    site_code, application, session_id, launch_id, device_id, ip_address, patient_id, section, document_id,
    supplier_codes, purpose, override, reason, search_terms, search_results,
    fromUnixTimestamp64Milli(received_at, 'UTC'), {load_seq:UInt64}, {segment_id:String}, segment_position, message_id,
    sipHash128Keyed(({salt_key_0:UInt64}, {salt_key_1:UInt64}), segment_position)
FROM segment_lines
WHERE record = 'event'
    AND segment_position NOT IN (SELECT segment_position FROM segment_verdicts WHERE verdict != 'store')
