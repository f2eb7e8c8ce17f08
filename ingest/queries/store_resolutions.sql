-- Says which refusals no longer stand, but for what an attempt that did not end has said already.
INSERT INTO reject_resolutions (
    source, segment_id, segment_position, resolution, load_seq, request_id, resolved_at
)
SELECT source, of_segment_id, of_position, resolution, {load_seq:UInt64}, request_id,
    fromUnixTimestamp64Milli(received_at, 'UTC')
FROM segment_lines
WHERE record = 'resolve'
    AND (source, of_segment_id, of_position) NOT IN (
        SELECT source, segment_id, segment_position FROM reject_resolutions WHERE load_seq = {load_seq:UInt64}
    )
ORDER BY segment_position
LIMIT 1 BY source, of_segment_id, of_position
