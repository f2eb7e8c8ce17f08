-- Rows under a number that no load was ever given: 0, or past the last. One row.
SELECT toString(count()) AS rows, toString(min(stray.load_seq)) AS first_load_seq
FROM (
    SELECT access_events.load_seq AS load_seq FROM access_events
    UNION ALL
    SELECT superseded_events.load_seq AS load_seq FROM superseded_events
    UNION ALL
    SELECT reject_resolutions.load_seq AS load_seq FROM reject_resolutions
    UNION ALL
    SELECT original_messages.load_seq AS load_seq FROM original_messages
    UNION ALL
    SELECT segments.load_seq AS load_seq FROM segments
    UNION ALL
    SELECT reference_loads.load_seq AS load_seq FROM reference_loads
) AS stray
WHERE stray.load_seq = 0 OR stray.load_seq > (
    SELECT greatest(max(load_intents.load_seq), {to_load_seq:UInt64}) FROM load_intents
)
