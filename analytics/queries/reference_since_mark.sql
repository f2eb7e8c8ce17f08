-- The reference datasets that the newly committed loads changed. A load that changed nothing dirties nothing.
SELECT DISTINCT dataset
FROM reference_loads
WHERE load_seq > {from_load_seq:UInt64} AND load_seq <= {to_load_seq:UInt64} AND changed + ended > 0
ORDER BY dataset
