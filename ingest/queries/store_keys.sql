-- Where to look for each stored id when it comes again. After a replay a key can stand twice, which changes nothing.
INSERT INTO event_keys (key, day)
SELECT key, toDate(fromUnixTimestamp64Milli(occurred_at, 'UTC'), 'Europe/London')
FROM segment_lines
WHERE record = 'event'
    AND segment_position NOT IN (
        SELECT segment_position FROM segment_verdicts WHERE verdict IN ('duplicate', 'conflict')
    )
