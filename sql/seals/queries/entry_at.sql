-- The head at an index of a log.
SELECT head
FROM seals
WHERE log = {log:String} AND entry_index = {entry_index:UInt64}
