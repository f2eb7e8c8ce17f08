-- The newest checkpoint of a log; no row where it is empty.
SELECT checkpoint
FROM seals
WHERE log = {log:String}
ORDER BY entry_index DESC
LIMIT 1
