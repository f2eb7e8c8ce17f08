-- How many events the segment supersedes, but for those whose revision conflicts, and how many refusals it resolves.
SELECT
    toUInt32(uniqExactIf((of_load_seq, of_position), record = 'supersede'
        AND (source, replaced_by) NOT IN (
            SELECT source, event_id
            FROM segment_lines
            WHERE record = 'event'
                AND segment_position IN (SELECT segment_position FROM segment_verdicts WHERE verdict = 'conflict')
        ))) AS superseded,
    toUInt32(uniqExactIf((source, of_segment_id, of_position), record = 'resolve')) AS resolved
FROM segment_lines
WHERE record IN ('supersede', 'resolve')
