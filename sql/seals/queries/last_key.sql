-- The head that named the key which signs a log now: one row, or none where the log is empty.
SELECT head
FROM seals
WHERE log = {log:String} AND kind = 'key'
ORDER BY entry_index DESC
LIMIT 1
