-- One load of plausible events: of some hundred organisations, a shift of eight hours, ids and sessions that no two share.
INSERT INTO access_events (
    source, event_id, occurred_at, day, action, outcome, trigger, staff_id, staff_id_system, staff_name, role_code,
    role_name, organisation_code, site_code, application, session_id, launch_id, device_id, ip_address, patient_id,
    section, document_id, supplier_codes, purpose, override, reason, search_terms, search_results, received_at,
    load_seq, segment_id, segment_position, message_id, salt
)
WITH cityHash64(number, {load_seq:UInt64}) AS h
SELECT
    'bench', toString(generateUUIDv4(1)),
    fromUnixTimestamp64Milli(toInt64({began_at:Int64} + number * 576), 'UTC') AS occurred, toDate(occurred, 'Europe/London'),
    'view', 'success', 'user', toString(555000000000 + h % 80000), 'https://fhir.nhs.uk/Id/sds-user-id', '',
    concat('R', toString(8000 + h % 40)), '', concat('RX', toString(100 + h % 400)), '', 'Hospital record',
    substring(hex(sipHash128(h, 1)), 1, 16), substring(hex(sipHash128(h, 2)), 1, 16), '', '',
    toString(9990000000 + h % 9000000),
    arrayElement(['gp_record', 'medications', 'results', 'documents'], 1 + h % 4), '', [], 'TREAT', '', '', '', [],
    occurred + INTERVAL 1 SECOND, {load_seq:UInt64}, {segment_id:String}, toUInt32(number), '', sipHash128(h, 3)
FROM numbers(1, {rows:UInt64})
