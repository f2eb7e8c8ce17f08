-- The number of the first load that was sealed before it was committed: what is below and has no head is older than the
-- seals. 0 where no load was.
SELECT toString(min(seals.load_seq)) AS load_seq
FROM seals
WHERE log = 'events' AND kind IN ('load', 'reference') AND NOT JSONExtractBool(head, 'is_late')
