-- Areas are few, and their names stand in the sentences of alerts on any day: every day that was built.
INSERT INTO dirty_days (day, load_seq, cause)
SELECT DISTINCT b.day, {to_load_seq:UInt64} AS load_seq, 'areas' AS cause
FROM day_builds AS b
WHERE EXISTS (
    SELECT 1 FROM areas_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
)
