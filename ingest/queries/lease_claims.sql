-- The claims with the highest token of a lease: one row per holder, with its latest end.
SELECT toUInt32(token) AS token, holder, toUnixTimestamp64Milli(max(expires_at)) AS expires_at_ms,
    argMax(toUnixTimestamp64Milli(expires_at), renewed_at) AS last_expires_at_ms
FROM leases
WHERE name = {name:String} AND token = (SELECT max(token) FROM leases WHERE name = {name:String})
GROUP BY token, holder
ORDER BY holder
