-- What the engine computes when something is read, one row each: computed columns and views, in the engine's own form.
-- Materialized columns are not among them: they are computed once, when a row is stored.
SELECT concat(columns.table, '.', columns.name) AS name,
    formatQuerySingleLine(concat('SELECT ', columns.default_expression)) AS text
FROM system.columns AS columns
WHERE columns.database = currentDatabase() AND columns.default_kind IN ('ALIAS', 'EPHEMERAL')
UNION ALL
SELECT tables.name AS name,
    formatQuerySingleLine(replaceAll(tables.as_select, concat(currentDatabase(), '.'), '')) AS text
FROM system.tables AS tables
WHERE tables.database = currentDatabase() AND tables.as_select != ''
ORDER BY name
