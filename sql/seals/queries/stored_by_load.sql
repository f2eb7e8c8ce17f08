-- What a load stored, whose segment is lost: one row.
SELECT toUInt32(count()) AS stored, arraySort(groupUniqArray(day)) AS days
FROM access_events
WHERE load_seq = {load_seq:UInt64}
