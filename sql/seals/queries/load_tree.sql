-- The Merkle tree of a load, computed from the stored rows: how many leaves it has, and its root (RFC 6962, section 2.1).
-- `leaves` is a string of 32 bytes a leaf. Each step of the fold hashes it pair by pair into the next level; what is
-- left over at the end, a leaf without a neighbour, is taken along as it is. Two to the power of the steps is at least
-- the number of leaves, so the last level is the root. Arrays become strings by `reinterpret`, byte for byte:
-- arrayStringConcat cuts the zeros at the end of a FixedString.
WITH
    reinterpret(arraySort(groupArray((segment_position, leaf_v1))).2, 'String') AS leaves,
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
FROM access_events
WHERE load_seq = {load_seq:UInt64} AND day IN {days:Array(Date)}
