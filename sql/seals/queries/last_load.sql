-- The highest number of a load that a log has a head of; 0 before the first.
SELECT toString(max(seals.load_seq)) AS load_seq
FROM seals
WHERE log = {log:String}
