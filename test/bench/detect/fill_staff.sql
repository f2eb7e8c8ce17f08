-- One row per member of staff: in teams of twenty, with a name, and for most a number and an address.
INSERT INTO staff_versions (staff_id, organisation_code, staff_id_system, name, surname, role_name, team, nhs_number,
    address_key, postcode, source, load_seq, line)
WITH
    cityHash64(number, 'own') % {patients:UInt64} AS own,
    own % {organisations:UInt64} AS house,
    intDiv(own, {organisations:UInt64}) AS place,
    intDiv(place, 3) * {organisations:UInt64} + house AS home
SELECT toString(555000000000 + number) AS staff_id, concat('RX', toString(1000 + number % {organisations:UInt64})) AS organisation_code,
    'https://fhir.nhs.uk/Id/sds-user-id' AS staff_id_system, '' AS name,
    concat('Name', toString(toUInt32(pow(cityHash64(home, 'surname') % 1000003 / 1000003, 3) * 5000))) AS surname,
    arrayElement(['Nurse', 'Doctor', 'Receptionist', 'Pharmacist', 'Therapist'], 1 + intDiv(number, {organisations:UInt64}) % 5) AS role_name,
    concat('Team ', toString(intDiv(intDiv(number, {organisations:UInt64}), 20))) AS team,
    if(number % 5 = 0, '', toString(9990000000 + own)) AS nhs_number,
    if(number % 5 = 0, '', concat('home-', toString(home))) AS address_key,
    if(number % 5 = 0, '', concat('ZZ', toString(house), ' ', toString(intDiv(place, 45)))) AS postcode,
    'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number) AS line
FROM numbers({staff:UInt64})
