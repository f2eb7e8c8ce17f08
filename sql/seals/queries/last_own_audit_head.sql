-- The newest head of our own audit; no row before the first.
SELECT head
FROM seals
WHERE log = 'own_audit' AND kind = 'own_audit'
ORDER BY entry_index DESC
LIMIT 1
