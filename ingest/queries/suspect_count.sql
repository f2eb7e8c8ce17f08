-- How many events of the segment may have been seen before.
SELECT toUInt32(count()) AS suspects FROM segment_suspects
