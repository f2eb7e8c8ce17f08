-- What loads superseded and resolved: one row per load and kind, with a digest over all that is said of it.
--
-- `said` has one row per superseded event or resolved refusal, as version 1 of its canonical bytes up to its request:
-- texts with their length before them, numbers with a comma after. Who asked, why and when is in `rerun_requests`, so it
-- is taken in from there: a change of either table is a change of the digest.
WITH said AS (
    SELECT load_seq, 'superseded' AS kind, request_id, concat('access-audit/superseded/1,',
            toString(length(source)), ':', source, ',', toString(length(event_id)), ':', event_id, ',',
            toString(event_load_seq), ',', toString(event_position), ',',
            toString(length(replaced_by)), ':', replaced_by, ',', toString(length(message_id)), ':', message_id, ',',
            toString(load_seq), ',', toString(toUnixTimestamp64Milli(superseded_at)), ',') AS bytes
    FROM superseded_events
    WHERE load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
    UNION ALL
    SELECT load_seq, 'resolved' AS kind, request_id, concat('access-audit/resolved/1,',
            toString(length(source)), ':', source, ',', toString(length(segment_id)), ':', segment_id, ',',
            toString(segment_position), ',', toString(length(resolution)), ':', resolution, ',',
            toString(load_seq), ',', toString(toUnixTimestamp64Milli(resolved_at)), ',') AS bytes
    FROM reject_resolutions
    WHERE load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
)
SELECT toString(s.load_seq) AS load_seq, s.kind AS kind, toUInt32(count()) AS rows,
    lower(hex(SHA256(reinterpret(arraySort(groupArray(SHA256(concat(s.bytes,
        toString(length(s.request_id)), ':', s.request_id, ',',
        toString(length(q.requested_by)), ':', q.requested_by, ',', toString(length(q.reason)), ':', q.reason, ',',
        toString(toUnixTimestamp64Milli(q.requested_at)), ',')))), 'String')))) AS digest
FROM said AS s
LEFT JOIN rerun_requests AS q ON q.request_id = s.request_id
GROUP BY s.load_seq, s.kind
ORDER BY s.load_seq, s.kind
