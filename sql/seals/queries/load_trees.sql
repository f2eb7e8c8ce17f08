-- The Merkle trees of loads, from the stored rows: one row per load of which any row is there (RFC 6962, section 2.1).
-- An erased event is there by its leaf.
--
-- `leaves` is a string of 32 bytes a leaf, in the order of positions. Each step of the fold hashes it pair by pair into
-- the next level; what is left over at the end, a leaf without a neighbour, is taken along as it is. Two to the power of
-- the steps is at least the number of leaves, so the last level is the root. Arrays become strings by `reinterpret`,
-- byte for byte: arrayStringConcat cuts the zeros at the end of a FixedString.
--
-- `salts` and `places` tell, where a root differs, whether rows were exchanged or only changed places: sums, modulo
-- 2^64, of a hash of each row's salt, and of that times its position. `misdated` counts rows that stand under another
-- day than that of their time: the day is not in the leaf, since it follows from what is.
WITH
    reinterpret(arraySort(groupArray((segment_position, leaf))).2, 'String') AS leaves,
    range(toUInt8(ceil(log2(greatest(count(), 1))))) AS levels
SELECT
    toString(stored.load_seq) AS load_seq,
    toUInt32(count()) AS tree_size,
    max(segment_position) AS last_position,
    toUInt32(sum(is_misdated)) AS misdated,
    toString(sum(salt_hash)) AS salts,
    toString(sum(salt_hash * segment_position)) AS places,
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
FROM (
    SELECT e.load_seq AS load_seq, e.segment_position AS segment_position, e.leaf_v1 AS leaf,
        sipHash64(e.salt) AS salt_hash, e.day != toDate(e.occurred_at, 'Europe/London') AS is_misdated
    FROM access_events AS e
    WHERE e.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
        AND e.day BETWEEN {first_day:Date} AND {last_day:Date}
    UNION ALL
    SELECT x.load_seq AS load_seq, x.segment_position AS segment_position, x.leaf AS leaf, x.salt_hash AS salt_hash,
        false AS is_misdated
    FROM erased_events AS x
    WHERE x.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
        AND (x.load_seq, x.segment_position) NOT IN (
            SELECT k.load_seq, k.segment_position
            FROM access_events AS k
            WHERE k.load_seq IN (
                    SELECT load_seq FROM erased_events
                    WHERE load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
                )
        )
) AS stored
GROUP BY stored.load_seq
ORDER BY stored.load_seq
