-- Which migrations ran here; the one table that no migration can make.
CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt16,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY number
