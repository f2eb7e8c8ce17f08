-- A page of the keys of all stored events.
SELECT key FROM event_keys WHERE key BETWEEN {from:UInt64} AND {to:UInt64}
