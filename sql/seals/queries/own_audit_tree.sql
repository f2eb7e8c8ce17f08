-- The Merkle tree over our own audit in [from, to), as in load_trees.sql, in the order of time and id.
WITH
    reinterpret(arraySort(groupArray((at, audit_id, leaf_v1))).3, 'String') AS leaves,
    range(toUInt8(ceil(log2(greatest(count(), 1))))) AS levels
SELECT toUInt32(count()) AS tree_size,
    lower(hex(arrayFold(
        (level, _) -> concat(
            reinterpret(
                arrayMap(
                    pair -> SHA256(concat('\x01', pair)),
                    reinterpret(substring(level, 1, 64 * intDiv(length(level), 64)), 'Array(FixedString(64))')),
                'String'),
            substring(level, 64 * intDiv(length(level), 64) + 1)),
        levels,
        leaves))) AS root
FROM own_audit
WHERE at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
