-- Where a batch of our own audit ends that begins at `from`: at the time given, or after so many rows where there are more.
SELECT toString(toUnixTimestamp64Milli(if(count() < {rows_max:UInt64}, fromUnixTimestamp64Milli({to:Int64}, 'UTC'), max(at)))) AS to,
    toUInt32(count()) AS rows
FROM (
    SELECT at
    FROM own_audit
    WHERE at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    ORDER BY at
    LIMIT {rows_max:UInt64}
)
