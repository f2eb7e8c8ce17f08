-- The leaves of a log up to a size, in order.
SELECT lower(hex(SHA256(concat('\0', head)))) AS hash
FROM seals
WHERE log = {log:String} AND entry_index < {size:UInt64}
ORDER BY entry_index
