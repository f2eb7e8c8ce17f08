-- The entries of a log from the last that holds its frontier on: what is needed to append the next. No row: an empty log.
SELECT toString(seals.entry_index) AS entry_index, head, frontier, checkpoint
FROM seals
WHERE log = {log:String}
    AND seals.entry_index >= (SELECT max(s.entry_index) FROM seals AS s WHERE s.log = {log:String} AND notEmpty(s.frontier))
ORDER BY seals.entry_index
