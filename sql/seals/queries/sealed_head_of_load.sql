-- The head of a load, and its place in the log: the last where there are several.
SELECT toString(seals.entry_index) AS entry_index, head
FROM seals
WHERE log = 'events' AND kind = 'load' AND load_seq = {load_seq:UInt64}
ORDER BY seals.entry_index DESC
LIMIT 1
