-- Rows under a number that no load was ever given.
SELECT toString(count()) AS rows, toString(min(access_events.load_seq)) AS first_load_seq
FROM access_events
WHERE access_events.load_seq > (
    SELECT greatest(max(load_intents.load_seq), {to_load_seq:UInt64}) FROM load_intents
)
