-- The heads of loads in a range of numbers, oldest first: of several of a load the last holds.
SELECT toString(seals.load_seq) AS load_seq, head
FROM seals
WHERE log = 'events' AND kind IN ('load', 'reference') AND seals.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
ORDER BY seals.entry_index
