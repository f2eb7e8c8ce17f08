-- The newest entry of a log of seals: how many entries the log has with it, and when it was made. No row where it is empty.
SELECT toString(seals.entry_index + 1) AS size, toString(toUnixTimestamp64Milli(sealed_at)) AS sealed_at_ms
FROM seals
WHERE log = {log:String}
ORDER BY seals.entry_index DESC
LIMIT 1
