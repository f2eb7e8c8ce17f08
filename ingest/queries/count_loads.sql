-- How many loads of events were ever committed.
SELECT toUInt32(count()) AS loads FROM segments
