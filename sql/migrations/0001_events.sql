-- What was audited: events, their keys, what was refused, and the ledger of loads.
-- Every table here is written before a spool segment is removed, so inserts and merges are fsynced.

-- One row per access event. `day` is the local day (Europe/London).
CREATE TABLE IF NOT EXISTS access_events
(
    source LowCardinality(String) COMMENT 'the source that sent it',
    event_id String COMMENT 'unique within the source' CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    day Date COMMENT 'local day of occurred_at, Europe/London',
    action LowCardinality(String) COMMENT 'view, search, export, print',
    outcome LowCardinality(String) COMMENT 'success, denied, error, unknown',
    trigger LowCardinality(String) COMMENT 'user, system, unknown',
    staff_id String CODEC(ZSTD(1)),
    staff_id_system LowCardinality(String),
    staff_name String CODEC(ZSTD(1)),
    role_code LowCardinality(String),
    role_name LowCardinality(String),
    organisation_code LowCardinality(String) COMMENT 'ODS code of the viewer''s organisation',
    site_code LowCardinality(String),
    application LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    launch_id String COMMENT 'one opening of the record from a local system' CODEC(ZSTD(1)),
    device_id String CODEC(ZSTD(1)),
    ip_address String CODEC(ZSTD(1)),
    patient_id String COMMENT 'NHS number; empty for a search without one' CODEC(ZSTD(1)),
    section LowCardinality(String),
    document_id String CODEC(ZSTD(1)),
    supplier_codes Array(LowCardinality(String)),
    purpose LowCardinality(String),
    override LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    search_terms String CODEC(ZSTD(1)),
    search_results Array(String) CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') COMMENT 'when it was received; for freshness only' CODEC(DoubleDelta, ZSTD(1)),
    load_seq UInt64 COMMENT 'number of the load that stored it' CODEC(T64, ZSTD(1)),
    segment_id LowCardinality(String) COMMENT 'the spool segment it came in',
    segment_position UInt32 COMMENT 'its place in that segment' CODEC(ZSTD(1)),
    salt FixedString(16) COMMENT 'salt of its leaf; zeroed on erasure',
    content_v1 String ALIAS concat(
        toString(length(source)), ':', source, ',', toString(length(event_id)), ':', event_id, ',',
        toString(toUnixTimestamp64Milli(occurred_at)), ',',
        toString(length(action)), ':', action, ',', toString(length(outcome)), ':', outcome, ',',
        toString(length(trigger)), ':', trigger, ',', toString(length(staff_id)), ':', staff_id, ',',
        toString(length(staff_id_system)), ':', staff_id_system, ',', toString(length(staff_name)), ':', staff_name, ',',
        toString(length(role_code)), ':', role_code, ',', toString(length(role_name)), ':', role_name, ',',
        toString(length(organisation_code)), ':', organisation_code, ',', toString(length(site_code)), ':', site_code, ',',
        toString(length(application)), ':', application, ',', toString(length(session_id)), ':', session_id, ',',
        toString(length(launch_id)), ':', launch_id, ',', toString(length(device_id)), ':', device_id, ',',
        toString(length(ip_address)), ':', ip_address, ',', toString(length(patient_id)), ':', patient_id, ',',
        toString(length(section)), ':', section, ',', toString(length(document_id)), ':', document_id, ',',
        toString(length(supplier_codes)), '[',
        arrayStringConcat(arrayMap(x -> concat(toString(length(x)), ':', x, ','), supplier_codes)), '],',
        toString(length(purpose)), ':', purpose, ',', toString(length(override)), ':', override, ',',
        toString(length(reason)), ':', reason, ',', toString(length(search_terms)), ':', search_terms, ',',
        toString(length(search_results)), '[',
        arrayStringConcat(arrayMap(x -> concat(toString(length(x)), ':', x, ','), search_results)), '],')
        COMMENT 'canonical bytes of what the sender said, version 1',
    canonical_v1 String ALIAS concat(
        'access-audit/event/1,', content_v1,
        toString(toUnixTimestamp64Milli(received_at)), ',', toString(load_seq), ',',
        toString(length(segment_id)), ':', segment_id, ',', toString(segment_position), ',')
        COMMENT 'canonical bytes of the row, version 1',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, organisation_code, staff_id, patient_id, occurred_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- One row per stored event (more after a replay, which is harmless): where to look for an id that comes again.
CREATE TABLE IF NOT EXISTS event_keys
(
    key UInt64 COMMENT 'sipHash64(source, event_id)',
    day Date COMMENT 'the local day under which the event is stored'
)
ENGINE = MergeTree
ORDER BY key
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- One row per event or reference row that was refused, and per event id that came again with other content.
CREATE TABLE IF NOT EXISTS ingest_rejects
(
    source LowCardinality(String),
    dataset LowCardinality(String) COMMENT 'access_events or the reference dataset',
    received_at DateTime64(3, 'UTC'),
    load_seq UInt64,
    segment_id LowCardinality(String),
    segment_position UInt32,
    receipt String,
    position UInt32 COMMENT 'index within the request, from 0',
    code LowCardinality(String),
    message String,
    event_id String COMMENT 'where it could be read',
    raw String COMMENT 'what was sent, to 64 KiB; base64 where it is not UTF-8' CODEC(ZSTD(3)),
    raw_encoding LowCardinality(String) COMMENT 'utf8, base64, truncated_utf8, truncated_base64'
)
ENGINE = MergeTree
ORDER BY (source, received_at, segment_id, segment_position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- The ledger: one row per committed load of events. A load is committed when its row is here, and not before.
CREATE TABLE IF NOT EXISTS segments
(
    load_seq UInt64,
    segment_id String,
    format_version UInt16 COMMENT 'of the spool segment',
    fencing_token UInt64 COMMENT 'of the lease under which it was loaded',
    loaded_at DateTime64(3, 'UTC'),
    sources Array(String),
    received UInt64 COMMENT 'events that passed validation',
    stored UInt64,
    duplicates UInt64 COMMENT 'same id, same content, stored before',
    conflicts UInt64 COMMENT 'same id, other content; kept in ingest_rejects',
    rejects UInt64 COMMENT 'refused by validation; kept in ingest_rejects',
    first_occurred_at Nullable(DateTime64(3, 'UTC')),
    last_occurred_at Nullable(DateTime64(3, 'UTC')),
    days Array(Date) COMMENT 'local days of the stored events',
    bytes UInt64 COMMENT 'of the segment file',
    digest String COMMENT 'SHA-256 of the segment file, hex; empty where the file was lost, and its stored rows settled',
    tree_head String DEFAULT '' COMMENT 'Merkle tree head over the stored rows, once sealed'
)
ENGINE = MergeTree
ORDER BY load_seq
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- What a load is about to store, written before its first row: which number belongs to which segment. An intent
-- without a row in a ledger is open; at most one is, and no other load begins before it is resumed or settled.
CREATE TABLE IF NOT EXISTS load_intents
(
    load_seq UInt64,
    segment_id String,
    dataset LowCardinality(String) COMMENT 'access_events or the reference dataset',
    source LowCardinality(String) COMMENT 'of reference data; empty for events',
    mode LowCardinality(String) COMMENT 'of reference data: partial or full',
    receipt String COMMENT 'of reference data',
    format_version UInt16 COMMENT 'of the spool segment',
    fencing_token UInt64,
    received_at DateTime64(3, 'UTC') COMMENT 'of reference data; for events, when the segment was created',
    began_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY load_seq
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- One row per receipt and load: what became of the events of one request.
CREATE TABLE IF NOT EXISTS receipts
(
    receipt String,
    source LowCardinality(String),
    load_seq UInt64,
    stored UInt64,
    duplicates UInt64,
    conflicts UInt64,
    ended UInt64 DEFAULT 0 COMMENT 'keys that a full load of reference data ended'
)
ENGINE = MergeTree
ORDER BY (receipt, load_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- Who may act alone (the loader, the runner): one row per claim and renewal; the highest token holds.
CREATE TABLE IF NOT EXISTS leases
(
    name LowCardinality(String),
    token UInt64,
    holder String,
    renewed_at DateTime64(3, 'UTC'),
    expires_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (name, token, renewed_at)
TTL toDateTime(expires_at) + INTERVAL 7 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Who may send: one row per change of a source, the newest holds. Keys are stored hashed.
CREATE TABLE IF NOT EXISTS source_versions
(
    source String,
    version UInt32,
    key_hash String COMMENT 'SHA-256 of the key, hex',
    is_simulated Bool COMMENT 'made by the simulated exchange; demo sign-in needs every source to be',
    is_loopback_only Bool,
    organisation_codes Array(String) COMMENT 'organisations it may speak for; empty: any',
    default_staff_id_system String,
    opening_rule LowCardinality(String) COMMENT 'what counts as one opening: launch, session or access',
    changed_at DateTime64(3, 'UTC'),
    changed_by String,
    is_ended Bool
)
ENGINE = MergeTree
ORDER BY (source, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per source, without its key.
CREATE VIEW IF NOT EXISTS sources AS
SELECT source, max(version) AS version, min(changed_at) AS added_at,
    argMax(is_simulated, source_versions.version) AS is_simulated,
    argMax(is_loopback_only, source_versions.version) AS is_loopback_only,
    argMax(organisation_codes, source_versions.version) AS organisation_codes,
    argMax(default_staff_id_system, source_versions.version) AS default_staff_id_system,
    argMax(opening_rule, source_versions.version) AS opening_rule,
    argMax(is_ended, source_versions.version) AS is_ended
FROM source_versions
GROUP BY source;
