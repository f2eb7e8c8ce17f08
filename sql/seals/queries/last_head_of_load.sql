-- The newest head of a load: that of an attempt which did not end, where the load is not committed.
SELECT head
FROM seals
WHERE log = {log:String} AND load_seq = {load_seq:UInt64} AND kind IN ('load', 'reference')
ORDER BY entry_index DESC
LIMIT 1
