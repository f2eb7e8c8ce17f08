-- How many entries a log has, and the index after its last: the same, unless one is missing or doubled.
SELECT toString(count()) AS entries, toString(if(count() = 0, 0, max(entry_index) + 1)) AS size
FROM seals
WHERE log = {log:String}
