-- The keys of the segment's events.
SELECT key FROM segment_lines WHERE record = 'event'
