-- A page of a log, in order.
SELECT toString(seals.entry_index) AS entry_index, kind, toString(seals.load_seq) AS load_seq, head, checkpoint
FROM seals
WHERE log = {log:String} AND seals.entry_index >= {from:UInt64} AND seals.entry_index < {to:UInt64}
ORDER BY seals.entry_index
