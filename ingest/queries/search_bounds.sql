-- One row: the last committed load, and the instants between which all events lie; null where there is none.
SELECT toString(max(s.load_seq)) AS load_seq,
    toUnixTimestamp64Milli(min(s.first_occurred_at)) AS first_ms,
    toUnixTimestamp64Milli(max(s.last_occurred_at)) AS last_ms
FROM segments AS s
