-- Whether the load of this segment is in the ledger.
SELECT (SELECT count() FROM segments WHERE segment_id = {segment_id:String})
    + (SELECT count() FROM reference_loads WHERE segment_id = {segment_id:String}) > 0 AS is_committed
