-- Says which events this load replaces or withdraws, but for those whose revision conflicts: then the event stands.
INSERT INTO superseded_events (
    source, event_id, event_load_seq, event_position, replaced_by, message_id, load_seq, request_id, superseded_at
)
SELECT source, event_id, of_load_seq, of_position, replaced_by, message_id, {load_seq:UInt64}, request_id,
    fromUnixTimestamp64Milli(received_at, 'UTC')
FROM segment_lines
WHERE record = 'supersede'
    AND (source, replaced_by) NOT IN (
        SELECT source, event_id
        FROM segment_lines
        WHERE record = 'event'
            AND segment_position IN (SELECT segment_position FROM segment_verdicts WHERE verdict = 'conflict')
    )
    AND (of_load_seq, of_position) NOT IN (
        SELECT event_load_seq, event_position FROM superseded_events WHERE load_seq = {load_seq:UInt64}
    )
ORDER BY segment_position
LIMIT 1 BY of_load_seq, of_position
