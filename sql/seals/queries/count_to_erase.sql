-- How many of the events that are to be erased are stored, and are not another erasure's already.
SELECT toUInt32(count()) AS events
FROM access_events AS e
WHERE e.load_seq IN {loads:Array(UInt64)}
    AND has(arrayZip({loads:Array(UInt64)}, {positions:Array(UInt32)}), (e.load_seq, e.segment_position))
    AND (e.load_seq, e.segment_position) NOT IN (
        SELECT x.load_seq, x.segment_position FROM erased_events AS x WHERE x.erasure_id != {erasure_id:String}
    )
