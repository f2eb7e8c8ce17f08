-- Statements in the engine's own form, in the order in which they were given.
SELECT formatQuerySingleLine(arrayJoin({texts:Array(String)})) AS text
