-- Whether the load of this segment is in the ledger. A row without a digest was settled from what was stored, since the
-- file was not there; should the file turn up again, the rest of it is still to be loaded.
SELECT (SELECT count() FROM segments WHERE segment_id = {segment_id:String} AND digest != '')
    + (SELECT count() FROM reference_loads WHERE segment_id = {segment_id:String} AND digest != '') > 0 AS is_committed
