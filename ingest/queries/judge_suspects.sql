-- One verdict per suspect, from an exact comparison with what is stored, else with the first of its id in the segment.
INSERT INTO segment_verdicts (segment_position, verdict)
WITH
-- Stored rows that have the id of a suspect. The key says under which days to look; of an earlier attempt at this
-- load, which may not have left its keys, every row.
candidates AS (
    SELECT source, event_id, content_v1, load_seq, segment_position
    FROM access_events
    WHERE day IN (
            SELECT day FROM event_keys WHERE key IN (SELECT sipHash64(source, event_id) FROM segment_suspects)
        )
        AND (source, event_id) IN (SELECT source, event_id FROM segment_suspects)
    UNION ALL
    SELECT source, event_id, content_v1, load_seq, segment_position
    FROM access_events
    WHERE load_seq = {load_seq:UInt64}
        AND (source, event_id) IN (SELECT source, event_id FROM segment_suspects)
),
-- One row per id that is stored.
stored AS (
    SELECT source, event_id, any(content_v1) AS content, 1 AS is_stored,
        anyIf(segment_position, load_seq = {load_seq:UInt64}) AS our_position,
        max(load_seq = {load_seq:UInt64}) AS is_ours
    FROM candidates
    GROUP BY source, event_id
),
-- Ids of events that were erased. They are known, whatever now comes with them, and nothing of it is kept. Rows without a
-- record in the log of seals erase nothing: whoever can write them could otherwise keep an event from ever being stored.
erased AS (
    SELECT source, event_id, 1 AS is_erased
    FROM segment_suspects
    WHERE SHA256(concat(toString(length(source)), ':', source, ',', toString(length(event_id)), ':', event_id, ',')) IN (
        SELECT id_hash
        FROM erased_events
        WHERE key IN (SELECT sipHash64(source, event_id) FROM segment_suspects)
            AND erasure_id IN (
                SELECT JSONExtractString(head, 'erasure_id') FROM seals WHERE log = 'events' AND kind = 'erasure'
            )
    )
    GROUP BY source, event_id
),
-- One row per id in the segment.
firsts AS (
    SELECT source, event_id, min(segment_position) AS first_position, argMin(content_v1, segment_position) AS content
    FROM segment_suspects
    GROUP BY source, event_id
)
SELECT suspects.segment_position,
    multiIf(
        erased.is_erased = 1, 'duplicate',
        stored.is_ours = 1 AND suspects.segment_position = stored.our_position, 'stored',
        stored.is_stored = 0 AND suspects.segment_position = firsts.first_position, 'store',
        suspects.content_v1 = if(stored.is_stored = 1, stored.content, firsts.content), 'duplicate',
        'conflict')
FROM (SELECT source, event_id, segment_position, content_v1 FROM segment_suspects) AS suspects
INNER JOIN firsts ON firsts.source = suspects.source AND firsts.event_id = suspects.event_id
LEFT JOIN stored ON stored.source = suspects.source AND stored.event_id = suspects.event_id
LEFT JOIN erased ON erased.source = suspects.source AND erased.event_id = suspects.event_id
