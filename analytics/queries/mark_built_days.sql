-- Every day that was built: of so many changes it need not be asked which days they touch.
INSERT INTO dirty_days (day, load_seq, cause)
SELECT DISTINCT b.day, {to_load_seq:UInt64} AS load_seq, {cause:String} AS cause
FROM day_builds AS b
