-- The signed records of erasures, and whether each has come to its end.
SELECT head, JSONExtractString(head, 'erasure_id') IN (
        SELECT s.erasure_id FROM erasure_steps AS s WHERE s.step = 'done'
    ) AS is_done
FROM seals
WHERE log = 'events' AND kind = 'erasure'
ORDER BY entry_index
