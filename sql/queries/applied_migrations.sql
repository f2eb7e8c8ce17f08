-- One row per migration that ran, oldest first.
SELECT number, any(name) AS name, any(checksum) AS checksum
FROM schema_migrations
GROUP BY number
ORDER BY number
