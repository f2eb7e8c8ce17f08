-- One row per relationship: of 96 in a hundred patients, with their organisation, half of them with the team whose
-- patients they are. Most are on a caseload; the others' care begins somewhere in the filled time.
INSERT INTO care_relationships_versions (relationship_id, patient_id, organisation_code, kind, starts_at, ends_at, staff_id,
    team, related_organisation_code, source, load_seq, line)
WITH
    cityHash64(number, 'care') AS h,
    intDiv(intDiv({staff:UInt64} - 1, {organisations:UInt64}), 20) + 1 AS teams
SELECT concat('r', toString(number)) AS relationship_id, toString(9990000000 + number) AS patient_id,
    concat('RX', toString(1000 + number % {organisations:UInt64})) AS organisation_code,
    if(h % 8 < 7, 'caseload', arrayElement(['appointment', 'admission', 'referral', 'document'], 1 + intDiv(h, 8) % 4)) AS kind,
    fromUnixTimestamp64Milli(toInt64({began_at:Int64} + if(kind = 'caseload', 0, toInt64(h % {days:UInt64}) * 86400000)), 'UTC') AS starts_at,
    if(kind = 'admission', starts_at + INTERVAL 5 DAY, NULL) AS ends_at, '' AS staff_id,
    if(intDiv(h, 64) % 2 = 0, concat('Team ', toString(intDiv(number, {organisations:UInt64}) % teams)), '') AS team,
    '' AS related_organisation_code, 'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number % 4294967295) AS line
FROM numbers({patients:UInt64})
WHERE h % 100 < 96
