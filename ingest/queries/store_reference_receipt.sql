-- The receipt of a load of reference data, unless an attempt that did not end left it.
INSERT INTO receipts (receipt, source, load_seq, stored, duplicates, conflicts, ended)
SELECT {receipt:String}, {source:String}, {load_seq:UInt64}, {changed:UInt64}, {unchanged:UInt64}, {taken:UInt64}, {ended:UInt64}
WHERE NOT EXISTS (
    SELECT 1 FROM receipts WHERE receipt = {receipt:String} AND load_seq = {load_seq:UInt64}
)
