-- Messages of foreign standards: their bytes are kept, and each event and refusal says from which it came.

-- One row per message that is not native, as it arrived (for syslog with its header), and once however often it came.
-- Its events and refusals have its message_id. ORDER BY finds a source's messages of a time; the index one message.
CREATE TABLE IF NOT EXISTS original_messages
(
    source LowCardinality(String),
    message_id String COMMENT 'SHA-256 of its bytes, hex' CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC'),
    load_seq UInt64,
    segment_id LowCardinality(String),
    segment_position UInt32,
    receipt String,
    format LowCardinality(String) COMMENT 'fhir_r5, fhir_r4, fhir_stu3, fhir_dstu2, dicom, rfc3881 or unknown',
    transport LowCardinality(String) COMMENT 'http, syslog_tls, syslog_tcp, syslog_udp or file',
    media_type LowCardinality(String),
    raw String COMMENT 'its bytes; base64 where they are not UTF-8' CODEC(ZSTD(9)),
    raw_encoding LowCardinality(String) COMMENT 'utf8 or base64',
    INDEX message_id_filter message_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (source, received_at, message_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

ALTER TABLE access_events ADD COLUMN IF NOT EXISTS message_id String DEFAULT ''
    COMMENT 'the foreign message that told it (original_messages); empty for a native event' CODEC(ZSTD(1))
    AFTER segment_position;

-- No load was sealed before, so version 1 of the canonical bytes takes the message in: what a seal proves reaches the bytes that came.
ALTER TABLE access_events MODIFY COLUMN canonical_v1 String ALIAS concat(
    'access-audit/event/1,', content_v1,
    toString(toUnixTimestamp64Milli(received_at)), ',', toString(load_seq), ',',
    toString(length(segment_id)), ':', segment_id, ',', toString(segment_position), ',',
    toString(length(message_id)), ':', message_id, ',')
    COMMENT 'canonical bytes of the row, version 1';

ALTER TABLE ingest_rejects ADD COLUMN IF NOT EXISTS message_id String DEFAULT ''
    COMMENT 'the foreign message that was refused (original_messages), which then has the bytes in place of raw'
    CODEC(ZSTD(1));
ALTER TABLE ingest_rejects ADD COLUMN IF NOT EXISTS expression String DEFAULT ''
    COMMENT 'where in the message the fault is: FHIRPath, or the path of an element';

ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS message_id String;
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS format LowCardinality(String);
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS transport LowCardinality(String);
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS media_type LowCardinality(String);
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS expression String;

ALTER TABLE source_versions ADD COLUMN IF NOT EXISTS reads LowCardinality(String) DEFAULT 'none'
    COMMENT 'what its key may read back: none, own or all';
ALTER TABLE source_versions ADD COLUMN IF NOT EXISTS certificate_hashes Array(String)
    COMMENT 'SHA-256 of the client certificates that speak for it over syslog, hex';
ALTER TABLE source_versions ADD COLUMN IF NOT EXISTS mapping String DEFAULT '{}'
    COMMENT 'how its foreign messages are read, JSON (ingest/mapping.ts)';
ALTER TABLE source_versions ADD COLUMN IF NOT EXISTS change_reason String DEFAULT ''
    COMMENT 'why this version was made';
