-- One entry of a log. Its token has its index in it, so of two that come for the same index the engine keeps the first.
INSERT INTO seals (log, entry_index, kind, load_seq, head, frontier, checkpoint, sealed_at)
SELECT {log:String}, {entry_index:UInt64}, {kind:String}, {load_seq:UInt64}, {head:String}, {frontier:Array(String)},
    {checkpoint:String}, fromUnixTimestamp64Milli({sealed_at:Int64}, 'UTC')
