-- The addresses that the load gave to patients, for the day when they move.
INSERT INTO tie_history (dataset, key, value, load_seq)
SELECT 'patients' AS dataset, v.patient_id AS key, v.address_key AS value, v.load_seq
FROM patients_versions AS v
WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64} AND v.address_key != ''
