-- The local days of the events that the newly committed loads stored.
INSERT INTO dirty_days (day, load_seq, cause)
SELECT event_day AS day, max(segments.load_seq) AS load_seq, 'access_events' AS cause
FROM segments
ARRAY JOIN days AS event_day
WHERE segments.load_seq > {from_load_seq:UInt64} AND segments.load_seq <= {to_load_seq:UInt64}
GROUP BY event_day
