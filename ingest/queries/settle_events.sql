-- The ledger's row of a load whose segment is lost: what it stored counts, and nothing more. It has no digest. Its days
-- are those of its events, and of the events that it superseded, since both are to be built and judged again.
INSERT INTO segments (
    load_seq, segment_id, format_version, fencing_token, loaded_at, sources, received, stored, duplicates, conflicts,
    rejects, first_occurred_at, last_occurred_at, days, bytes, digest, tree_head
)
SELECT {load_seq:UInt64}, {segment_id:String}, {format_version:UInt16}, {fencing_token:UInt64},
    fromUnixTimestamp64Milli({loaded_at:Int64}, 'UTC'), arraySort(groupUniqArray(toString(source))), count(), count(), 0,
    0, 0, minOrNull(occurred_at), maxOrNull(occurred_at), arraySort(arrayDistinct(arrayConcat(groupUniqArray(day), (
        SELECT groupUniqArray(e.day)
        FROM access_events AS e
        WHERE (e.load_seq, e.segment_position) IN (
            SELECT s.event_load_seq, s.event_position
            FROM superseded_events AS s
            WHERE s.load_seq = {load_seq:UInt64}
        )
    )))), 0, '',
    {tree_head:String}
FROM access_events
WHERE load_seq = {load_seq:UInt64}
