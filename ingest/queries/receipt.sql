-- What became of one request, from its loads; no row where the receipt is unknown or another source's.
SELECT toUInt32(sum(stored)) AS stored, toUInt32(sum(duplicates)) AS duplicates, toUInt32(sum(conflicts)) AS conflicts,
    toUInt32(sum(ended)) AS ended
FROM receipts
WHERE receipt = {receipt:String} AND source = {source:String}
GROUP BY receipt
