-- One row per segment of the list that is loaded, with the number of its load. A row without a digest was settled from
-- what was stored, since the file was not there: of such a segment the rest is still to be loaded.
SELECT segment_id, toString(max(load_seq)) AS load_seq
FROM (
    SELECT segment_id, load_seq FROM segments WHERE segment_id IN {segment_ids:Array(String)} AND digest != ''
    UNION ALL
    SELECT segment_id, load_seq FROM reference_loads WHERE segment_id IN {segment_ids:Array(String)} AND digest != ''
)
GROUP BY segment_id
