-- Seals: what proves that the store was not touched.

-- The leaf of a row in the Merkle tree of its load (RFC 6962, section 2.1), over the salted commitment to its bytes.
ALTER TABLE access_events ADD COLUMN IF NOT EXISTS leaf_v1 FixedString(32)
    ALIAS SHA256(concat('\0', SHA256(concat(salt, canonical_v1))))
    COMMENT 'leaf of the row in the Merkle tree of its load, version 1';

-- The entries of each log of seals, each written before what it seals is committed. Never changed, never removed.
CREATE TABLE IF NOT EXISTS seals
(
    log LowCardinality(String) COMMENT 'events or own_audit',
    entry_index UInt64 COMMENT 'its place in the log, from 0',
    kind LowCardinality(String) COMMENT 'key, load, reference, erasure or own_audit',
    load_seq UInt64 COMMENT 'the load that it seals; 0 for other entries',
    head String COMMENT 'what it says, JSON; its bytes are the leaf of the log' CODEC(ZSTD(1)),
    frontier Array(String) COMMENT 'on some entries: the roots of the perfect subtrees of the log with it, largest first, hex',
    checkpoint String COMMENT 'the signed note (C2SP checkpoint) over the log with this entry' CODEC(ZSTD(1)),
    sealed_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (log, entry_index)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;
