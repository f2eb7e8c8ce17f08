-- Answers when the engine does.
SELECT 1 AS alive
