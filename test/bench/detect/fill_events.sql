-- One load of events of one day: accesses of some four events. A few members of staff use the record all day and most now
-- and then. Six in seven of their patients are of their team, and of those their team sees this week the same few again
-- and again; one in fifty is anybody.
INSERT INTO access_events (
    source, event_id, occurred_at, day, action, outcome, trigger, staff_id, staff_id_system, staff_name, role_code,
    role_name, organisation_code, site_code, application, session_id, launch_id, device_id, ip_address, patient_id,
    section, document_id, supplier_codes, purpose, override, reason, search_terms, search_results, received_at,
    load_seq, segment_id, segment_position, message_id, salt
)
WITH
    cityHash64(intDiv(number, 4), {load_seq:UInt64}) AS h,
    intDiv(h, 1000003) AS other,
    toUInt64(pow(h % 1000003 / 1000003, 2) * {staff:UInt64}) AS member,
    member % {organisations:UInt64} AS house,
    intDiv(member, {organisations:UInt64}) AS place,
    intDiv(intDiv({staff:UInt64} - 1, {organisations:UInt64}), 20) + 1 AS teams,
    intDiv({patients:UInt64}, {organisations:UInt64}) AS registered,
    cityHash64(intDiv({began_at:Int64}, 604800000), house, intDiv(place, 20), toUInt32(pow(other % 1009 / 1009, 2) * 80)) AS seen,
    multiIf(other % 50 = 0, intDiv(other, 64) % {patients:UInt64},
        other % 7 = 0, house + {organisations:UInt64} * (intDiv(other, 64) % registered),
        house + {organisations:UInt64} * ((seen % registered - seen % registered % teams + intDiv(place, 20)) % registered)) AS patient
SELECT
    'bench', concat(toString({load_seq:UInt64}), '-', toString(number)),
    fromUnixTimestamp64Milli(toInt64({began_at:Int64} + other % 36000000 + number % 4 * 20000), 'UTC') AS occurred,
    toDate(occurred, 'Europe/London'),
    'view', 'success', 'user', toString(555000000000 + member), 'https://fhir.nhs.uk/Id/sds-user-id', '', '',
    arrayElement(['Nurse', 'Doctor', 'Receptionist', 'Pharmacist', 'Therapist'], 1 + place % 5),
    concat('RX', toString(1000 + house)), '', 'Hospital record',
    substring(hex(sipHash128(h, 1)), 1, 16), substring(hex(sipHash128(h, 2)), 1, 16), concat('pc-', toString(intDiv(member, 2))),
    concat('10.', toString(house % 250), '.', toString(intDiv(place, 250)), '.', toString(place % 250)),
    toString(9990000000 + patient),
    arrayElement(['demographics', 'medications', 'results', 'gp_record', 'documents', 'medications', 'results', 'mental_health'],
        1 + if(other % 9 = 0, 0, number % 4 + other % 97 % 5)), '', [],
    'TREAT', if(other % 701 = 0, 'emergency', ''), '', '', [],
    occurred + INTERVAL 1 SECOND, {load_seq:UInt64}, {segment_id:String}, toUInt32(number), '', sipHash128(h, number)
FROM numbers({rows:UInt64})
