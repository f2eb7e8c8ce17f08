-- Whether the ledger has the erasure, which makes its days be built anew.
SELECT toUInt32(count()) AS loads FROM segments WHERE segment_id = {segment_id:String}
