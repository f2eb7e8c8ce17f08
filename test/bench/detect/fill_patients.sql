-- One row per patient: three to a household, some fifteen households to a postcode, all of them in the care of one
-- organisation and in its area. A few names are common and most are rare.
INSERT INTO patients_versions (patient_id, surname, date_of_birth, sex, gp_practice_code, area_code, address_key, postcode,
    latitude, longitude, source, load_seq, line)
WITH
    number % {organisations:UInt64} AS house,
    intDiv(number, {organisations:UInt64}) AS place,
    intDiv(place, 3) * {organisations:UInt64} + house AS home,
    intDiv(place, 45) AS street
SELECT toString(9990000000 + number) AS patient_id,
    concat('Name', toString(toUInt32(pow(cityHash64(home, 'surname') % 1000003 / 1000003, 3) * 5000))) AS surname,
    addDays(toDate32('1935-01-01'), cityHash64(number, 'born') % 30000) AS date_of_birth,
    if(number % 2 = 0, 'F', 'M') AS sex,
    concat('RX', toString(1000 + intDiv(house, 4) * 4)) AS gp_practice_code,
    concat('A', toString(house % 7)) AS area_code,
    concat('home-', toString(home)) AS address_key, concat('ZZ', toString(house), ' ', toString(street)) AS postcode,
    51 + house % 20 / 20 + street % 40 / 500 + cityHash64(home, 'north') % 1000 / 1000000 AS latitude,
    intDiv(house, 20) / 20 + intDiv(street, 40) / 500 + cityHash64(home, 'east') % 1000 / 1000000 AS longitude,
    'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number % 4294967295) AS line
FROM numbers({patients:UInt64})
