-- One row per relationship: of 96 in a hundred patients, with their organisation, half of them with a team of it. The
-- kinds take turns, and each begins somewhere in the filled time.
INSERT INTO care_relationships_versions (relationship_id, patient_id, organisation_code, kind, starts_at, ends_at, staff_id,
    team, related_organisation_code, source, load_seq, line)
WITH cityHash64(number, 'care') AS h
SELECT concat('r', toString(number)) AS relationship_id, toString(9990000000 + number) AS patient_id,
    concat('RX', toString(1000 + number % {organisations:UInt64})) AS organisation_code,
    arrayElement(['caseload', 'appointment', 'caseload', 'admission', 'referral', 'caseload', 'caseload', 'document'], 1 + h % 8) AS kind,
    fromUnixTimestamp64Milli(toInt64({began_at:Int64} + if(kind = 'caseload', 0, toInt64(h % {days:UInt64}) * 86400000)), 'UTC') AS starts_at,
    if(kind = 'admission', starts_at + INTERVAL 5 DAY, NULL) AS ends_at, '' AS staff_id,
    if(intDiv(h, 8) % 2 = 0, concat('Team ', toString(intDiv(h, 16) % 10)), '') AS team, '' AS related_organisation_code,
    'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number % 4294967295) AS line
FROM numbers({patients:UInt64})
WHERE h % 100 < 96
