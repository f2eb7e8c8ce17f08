-- One row per contact: everybody's is the one before them in the household.
INSERT INTO patient_contacts_versions (patient_id, contact_patient_id, relation, source, load_seq, line)
SELECT toString(9990000000 + number) AS patient_id, toString(9990000000 + number - 1) AS contact_patient_id,
    'partner' AS relation, 'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number) AS line
FROM numbers({patients:UInt64})
WHERE number % 3 = 1
