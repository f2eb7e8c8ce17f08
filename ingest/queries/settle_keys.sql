-- The keys of the events that a load stored whose segment is lost. Its attempt may have left them already, which is harmless.
INSERT INTO event_keys (key, day)
SELECT sipHash64(source, event_id), day
FROM access_events
WHERE load_seq = {load_seq:UInt64}
