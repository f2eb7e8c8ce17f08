-- One row per member of staff: in teams of about twenty, with a name, and for most a number and an address.
INSERT INTO staff_versions (staff_id, organisation_code, staff_id_system, name, surname, role_name, team, nhs_number,
    address_key, postcode, source, load_seq, line)
SELECT toString(555000000000 + number) AS staff_id, concat('RX', toString(1000 + number % {organisations:UInt64})) AS organisation_code,
    'https://fhir.nhs.uk/Id/sds-user-id' AS staff_id_system, '' AS name,
    concat('Name', toString(cityHash64(number, 'surname') % 5000)) AS surname,
    arrayElement(['Nurse', 'Doctor', 'Receptionist', 'Pharmacist', 'Therapist'], 1 + intDiv(number, {organisations:UInt64}) % 5) AS role_name,
    concat('Team ', toString(intDiv(intDiv(number, {organisations:UInt64}), 20))) AS team,
    if(number % 5 = 0, '', toString(9990000000 + cityHash64(number, 'own') % {patients:UInt64})) AS nhs_number,
    if(number % 5 = 0, '', concat('home-', toString(intDiv(cityHash64(number, 'own') % {patients:UInt64}, 3)))) AS address_key,
    '' AS postcode, 'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number) AS line
FROM numbers({staff:UInt64})
