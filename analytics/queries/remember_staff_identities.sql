-- The persons that the load gave to identifiers, for the day when an identifier goes to somebody else.
INSERT INTO tie_history (dataset, key, value, load_seq)
SELECT 'staff_identities' AS dataset, concat(v.staff_id_system, '|', v.staff_id) AS key, v.person_key AS value, v.load_seq
FROM staff_identities_versions AS v
WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
