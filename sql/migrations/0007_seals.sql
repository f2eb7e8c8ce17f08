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

-- One row per erased event: its leaf stands in its load's tree in its place. Nothing of it says what was erased.
CREATE TABLE IF NOT EXISTS erased_events
(
    erasure_id String,
    load_seq UInt64 COMMENT 'of the erased event, as is segment_position',
    segment_position UInt32,
    day Date,
    leaf FixedString(32) COMMENT 'leaf_v1 of the row; without its salt it tells nothing',
    salt_hash UInt64 COMMENT 'sipHash64 of its salt',
    key UInt64 COMMENT 'as in event_keys',
    id_hash FixedString(32) COMMENT 'SHA-256 of source and event_id: an erased event that comes again is known',
    message_id String COMMENT 'of the foreign message that told it, which went with it: should it come again, its bytes are not kept'
)
ENGINE = MergeTree
ORDER BY (load_seq, segment_position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- The steps of each erasure: recorded (its head is in the log of seals, the rows may still be there) and done.
CREATE TABLE IF NOT EXISTS erasure_steps
(
    erasure_id String,
    step LowCardinality(String) COMMENT 'recorded or done',
    reason String COMMENT 'why it was lawful, without naming whom',
    people Array(String) COMMENT 'the two who decided',
    rows UInt64,
    at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (erasure_id, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The bytes of a look of our own users. Its id is random, so it needs no salt.
ALTER TABLE own_audit ADD COLUMN IF NOT EXISTS canonical_v1 String ALIAS concat(
        'access-audit/own-audit/1,', toString(toUnixTimestamp64Milli(at)), ',',
        toString(length(audit_id)), ':', audit_id, ',', toString(length(user_id)), ':', user_id, ',',
        toString(length(role)), ':', role, ',', toString(length(organisation_codes)), '[',
        arrayStringConcat(arrayMap(x -> concat(toString(length(x)), ':', x, ','), organisation_codes)), '],',
        toString(length(action)), ':', action, ',', toString(length(route)), ':', route, ',',
        toString(length(subject_kind)), ':', subject_kind, ',', toString(length(subject_ids)), '[',
        arrayStringConcat(arrayMap(x -> concat(toString(length(x)), ':', x, ','), subject_ids)), '],',
        toString(length(detail)), ':', detail, ',')
    COMMENT 'canonical bytes of the row, version 1';
ALTER TABLE own_audit ADD COLUMN IF NOT EXISTS leaf_v1 FixedString(32)
    ALIAS SHA256(concat('\0', SHA256(canonical_v1)))
    COMMENT 'leaf of the row in the Merkle tree of its batch, version 1';
