-- Only the highest load that dirtied a day matters.
ALTER TABLE dirty_days DELETE
WHERE (day, load_seq) NOT IN (SELECT d.day, max(d.load_seq) FROM dirty_days AS d GROUP BY d.day)
