-- One load of events of one day: accesses of four events, each by a member of staff to a patient in the care of their
-- organisation; one access in fifty to anybody.
INSERT INTO access_events (
    source, event_id, occurred_at, day, action, outcome, trigger, staff_id, staff_id_system, staff_name, role_code,
    role_name, organisation_code, site_code, application, session_id, launch_id, device_id, ip_address, patient_id,
    section, document_id, supplier_codes, purpose, override, reason, search_terms, search_results, received_at,
    load_seq, segment_id, segment_position, message_id, salt
)
WITH
    cityHash64(intDiv(number, 4), {load_seq:UInt64}) AS h,
    h % {staff:UInt64} AS member,
    member % {organisations:UInt64} AS house,
    intDiv(h, 1000003) AS other
SELECT
    'bench', concat(toString({load_seq:UInt64}), '-', toString(number)),
    fromUnixTimestamp64Milli(toInt64({began_at:Int64} + other % 36000000 + number % 4 * 20000), 'UTC') AS occurred,
    toDate(occurred, 'Europe/London'),
    'view', 'success', 'user', toString(555000000000 + member), 'https://fhir.nhs.uk/Id/sds-user-id', '', '',
    arrayElement(['Nurse', 'Doctor', 'Receptionist', 'Pharmacist', 'Therapist'], 1 + intDiv(member, {organisations:UInt64}) % 5),
    concat('RX', toString(1000 + house)), '', 'Hospital record',
    substring(hex(sipHash128(h, 1)), 1, 16), substring(hex(sipHash128(h, 2)), 1, 16), '', '',
    toString(9990000000 + if(other % 50 = 0, other % {patients:UInt64},
        least(intDiv(other % {patients:UInt64}, {organisations:UInt64}) * {organisations:UInt64} + house, {patients:UInt64} - 1))),
    arrayElement(['gp_record', 'medications', 'results', 'documents', 'demographics', 'mental_health'], 1 + number % 6), '', [],
    'TREAT', '', '', '', [],
    occurred + INTERVAL 1 SECOND, {load_seq:UInt64}, {segment_id:String}, toUInt32(number), '', sipHash128(h, number)
FROM numbers({rows:UInt64})
