-- Every day that was built: where it cannot be asked which of them a load touches.
INSERT INTO dirty_days (day, load_seq, cause)
SELECT DISTINCT b.day, {to_load_seq:UInt64} AS load_seq, {cause:String} AS cause
FROM day_builds AS b
