-- The reference datasets that the newly committed loads changed, and how many keys of each. A load that changed nothing
-- dirties nothing. One row per dataset.
SELECT dataset, toFloat64(sum(l.changed + l.ended)) AS changes
FROM reference_loads AS l
WHERE l.load_seq > {from_load_seq:UInt64} AND l.load_seq <= {to_load_seq:UInt64} AND l.changed + l.ended > 0
GROUP BY dataset
ORDER BY dataset
