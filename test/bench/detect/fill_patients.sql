-- One row per patient: three to a household, each in the care of one organisation and in its area.
INSERT INTO patients_versions (patient_id, surname, date_of_birth, sex, gp_practice_code, area_code, address_key, postcode,
    source, load_seq, line)
SELECT toString(9990000000 + number) AS patient_id, concat('Name', toString(cityHash64(intDiv(number, 3), 'surname') % 5000)) AS surname,
    addDays(toDate32('1935-01-01'), cityHash64(number, 'born') % 30000) AS date_of_birth,
    if(number % 2 = 0, 'F', 'M') AS sex,
    concat('RX', toString(1000 + intDiv(number % {organisations:UInt64}, 4) * 4)) AS gp_practice_code,
    concat('A', toString(number % {organisations:UInt64} % 7)) AS area_code,
    concat('home-', toString(intDiv(number, 3))) AS address_key, '' AS postcode,
    'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number % 4294967295) AS line
FROM numbers({patients:UInt64})
