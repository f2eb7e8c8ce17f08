-- An organisation's area and network decide on the accesses of its patients and of its whole network, everywhere:
-- there is hardly a day without one, so every day that was built.
INSERT INTO dirty_days (day, load_seq, cause)
SELECT DISTINCT b.day, {to_load_seq:UInt64} AS load_seq, 'organisations' AS cause
FROM day_builds AS b
WHERE EXISTS (
    SELECT 1 FROM organisations_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
)
