-- The entries of a log from the last that holds its frontier on: what is needed to append the next. No row: an empty log.
SELECT toString(entry_index) AS entry_index, head, frontier, checkpoint
FROM seals
WHERE log = {log:String}
    AND entry_index >= (SELECT max(entry_index) FROM seals WHERE log = {log:String} AND notEmpty(frontier))
ORDER BY entry_index
