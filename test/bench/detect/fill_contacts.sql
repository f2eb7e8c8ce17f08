-- One row per contact: that of every third patient of an organisation is the one before them, of the same household.
INSERT INTO patient_contacts_versions (patient_id, contact_patient_id, relation, source, load_seq, line)
SELECT toString(9990000000 + number) AS patient_id, toString(9990000000 + number - {organisations:UInt64}) AS contact_patient_id,
    'partner' AS relation, 'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number % 4294967295) AS line
FROM numbers({patients:UInt64})
WHERE intDiv(number, {organisations:UInt64}) % 3 = 1
