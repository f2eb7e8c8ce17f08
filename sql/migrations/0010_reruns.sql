-- Messages and refusals that are run again, and the events that a corrected reading replaced. Nothing is edited or deleted.

-- One row per request to run something again: from the dashboard, or npm run rerun. Ingest carries them out in order.
CREATE TABLE IF NOT EXISTS rerun_requests
(
    request_id String,
    source LowCardinality(String),
    code LowCardinality(String) COMMENT 'only refusals with this code; empty: all refusals, and the messages that became events',
    from_at Nullable(DateTime64(3, 'UTC')) COMMENT 'received from then on; null: from the first',
    to_at Nullable(DateTime64(3, 'UTC')) COMMENT 'received before then; null: to the last',
    is_dry_run Bool COMMENT 'only says what would become of them',
    requested_by String COMMENT 'user_id of the dashboard, or the command',
    reason String COMMENT 'why, for whoever asks later',
    requested_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (requested_at, request_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- What became of a request: a row when it begins (running), some while it goes on, and a last one (done or failed). The
-- newest holds. The counts are those so far; in a dry run, what they would be.
CREATE TABLE IF NOT EXISTS rerun_results
(
    request_id String,
    state LowCardinality(String) COMMENT 'running, done or failed',
    at DateTime64(3, 'UTC'),
    code LowCardinality(String) COMMENT 'why it failed; empty otherwise',
    message String COMMENT 'what to do about it',
    total UInt64 COMMENT 'messages and native refusals that the request is about',
    looked_at UInt64 COMMENT 'of those, looked at so far',
    stored UInt64 COMMENT 'events stored that were not there before',
    superseded UInt64 COMMENT 'events replaced by a revision of their own',
    withdrawn UInt64 COMMENT 'events whose message no longer becomes them',
    resolved UInt64 COMMENT 'refusals that no longer stand',
    refused UInt64 COMMENT 'refusals that are new or otherwise than before',
    still_refused UInt64 COMMENT 'refusals that stand as before',
    unchanged UInt64 COMMENT 'messages that become the same events as before',
    unusable UInt64 COMMENT 'refusals of which not everything was kept, so that they cannot be run again',
    examples String COMMENT 'JSON: some of what became of them, by message_id and code, without anyone''s data'
)
ENGINE = MergeTree
ORDER BY (request_id, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per event that a later reading of its message replaced or withdrew. It holds once its load is committed, which
-- is the load that stored what replaces it: readers see the one or the other, never both and never neither.
CREATE TABLE IF NOT EXISTS superseded_events
(
    source LowCardinality(String),
    event_id String COMMENT 'the event that no longer counts',
    event_load_seq UInt64 COMMENT 'its load_seq',
    event_position UInt32 COMMENT 'its segment_position',
    replaced_by String COMMENT 'event_id of its revision, such as ID~2; empty where the message no longer tells it',
    message_id String COMMENT 'the message that tells both',
    load_seq UInt64 COMMENT 'the load that superseded it',
    request_id String COMMENT 'who asked, why and when (rerun_requests)',
    superseded_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (event_load_seq, event_position, load_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

-- One row per refusal that no longer stands, since what was refused was run again. It holds once its load is committed.
CREATE TABLE IF NOT EXISTS reject_resolutions
(
    source LowCardinality(String),
    segment_id LowCardinality(String) COMMENT 'of the refusal, as in ingest_rejects',
    segment_position UInt32 COMMENT 'of the refusal, as in ingest_rejects',
    resolution LowCardinality(String) COMMENT 'accepted: it became an event; refused_otherwise: a newer refusal stands in its place',
    load_seq UInt64,
    request_id String COMMENT 'who asked, why and when (rerun_requests)',
    resolved_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (source, segment_id, segment_position, load_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    non_replicated_deduplication_window = 1000;

ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS request_id String;
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS replaced_by String;
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS resolution LowCardinality(String);
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS of_load_seq UInt64;
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS of_segment_id String;
ALTER TABLE segment_lines ADD COLUMN IF NOT EXISTS of_position UInt32;

-- The events of committed loads that no later reading superseded. Whole numbers are compared, since event ids are the
-- largest column there is, and no query should have to read them for this.
CREATE OR REPLACE VIEW committed_events AS
SELECT * FROM access_events
WHERE load_seq IN (SELECT segments.load_seq FROM segments)
    AND (load_seq, segment_position) NOT IN (
        SELECT superseded_events.event_load_seq, superseded_events.event_position
        FROM superseded_events
        WHERE superseded_events.load_seq IN (SELECT segments.load_seq FROM segments)
    );

-- The refusals that stand: neither resolved by a run again, nor replaced by a newer one.
CREATE VIEW IF NOT EXISTS open_rejects AS
SELECT * FROM ingest_rejects
WHERE (source, segment_id, segment_position) NOT IN (
    SELECT r.source, r.segment_id, r.segment_position
    FROM reject_resolutions AS r
    WHERE r.load_seq IN (SELECT segments.load_seq FROM segments)
);

-- One row per request to run something again, with what became of it so far; state is waiting before it begins.
CREATE VIEW IF NOT EXISTS reruns AS
SELECT q.request_id AS request_id, q.source AS source, q.code AS code, q.from_at AS from_at, q.to_at AS to_at,
    q.is_dry_run AS is_dry_run, q.requested_by AS requested_by, q.reason AS reason, q.requested_at AS requested_at,
    if(r.state = '', 'waiting', r.state) AS state, r.changed_at AS changed_at, r.failure_code AS failure_code,
    r.failure_message AS failure_message, r.total AS total, r.looked_at AS looked_at, r.stored AS stored,
    r.superseded AS superseded, r.withdrawn AS withdrawn, r.resolved AS resolved, r.refused AS refused,
    r.still_refused AS still_refused, r.unchanged AS unchanged, r.unusable AS unusable, r.examples AS examples
FROM rerun_requests AS q
LEFT JOIN (
    SELECT p.request_id AS request_id, argMax(toString(p.state), p.at) AS state, max(p.at) AS changed_at,
        argMax(toString(p.code), p.at) AS failure_code, argMax(p.message, p.at) AS failure_message,
        argMax(p.total, p.at) AS total, argMax(p.looked_at, p.at) AS looked_at, argMax(p.stored, p.at) AS stored,
        argMax(p.superseded, p.at) AS superseded, argMax(p.withdrawn, p.at) AS withdrawn,
        argMax(p.resolved, p.at) AS resolved, argMax(p.refused, p.at) AS refused,
        argMax(p.still_refused, p.at) AS still_refused, argMax(p.unchanged, p.at) AS unchanged,
        argMax(p.unusable, p.at) AS unusable, argMax(p.examples, p.at) AS examples
    FROM rerun_results AS p
    GROUP BY p.request_id
) AS r ON r.request_id = q.request_id;

-- One row per event that a foreign message told, with the bytes of that message. Ask with source and event_id.
CREATE VIEW IF NOT EXISTS event_originals AS
SELECT e.source AS source, e.event_id AS event_id, e.occurred_at AS occurred_at, e.day AS day,
    o.message_id AS message_id, o.received_at AS received_at, o.format AS format, o.transport AS transport,
    o.media_type AS media_type, o.raw AS raw, o.raw_encoding AS raw_encoding
FROM original_messages AS o
INNER JOIN (
    SELECT source, event_id, occurred_at, day, message_id FROM committed_events WHERE message_id != ''
) AS e ON e.source = o.source AND e.message_id = o.message_id;
