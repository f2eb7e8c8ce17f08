-- How many deletions of a table are under way, and why the newest of them failed, if one did.
SELECT toUInt32(count()) AS mutations, max(latest_fail_reason) != '' AS has_failed
FROM system.mutations
WHERE database = 'audit' AND table = {table:String} AND NOT is_done
