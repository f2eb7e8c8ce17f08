-- Who uses the dashboard, and every look that they take.

-- One row per change of a user; the newest holds.
CREATE TABLE IF NOT EXISTS user_versions
(
    user_id String,
    version UInt32,
    subject String COMMENT 'as the identity provider names them',
    name String,
    role LowCardinality(String) COMMENT 'investigator, guardian, programme_lead, administrator',
    organisation_codes Array(String) COMMENT 'organisations whose alerts they may see; empty: none',
    is_ended Bool,
    changed_at DateTime64(3, 'UTC'),
    changed_by String
)
ENGINE = MergeTree
ORDER BY (user_id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Sessions on the server: a row when one begins, a row when it ends. The token is stored hashed.
CREATE TABLE IF NOT EXISTS user_sessions
(
    session_hash String,
    user_id String,
    change LowCardinality(String) COMMENT 'began, renewed, ended',
    provider LowCardinality(String) COMMENT 'demo, administrator_link, oidc',
    changed_at DateTime64(3, 'UTC'),
    expires_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (session_hash, changed_at)
TTL toDateTime(expires_at) + INTERVAL 30 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The watchers watched: one row per look, search, export or command, written before the answer is given.
CREATE TABLE IF NOT EXISTS own_audit
(
    at DateTime64(3, 'UTC'),
    audit_id String,
    user_id String COMMENT 'empty for the command line, which is the administrator of the machine',
    role LowCardinality(String),
    organisation_codes Array(String) COMMENT 'the scope under which the look was taken',
    action LowCardinality(String) COMMENT 'view, list, export, sign_in, sign_out, refused, command',
    route String,
    subject_kind LowCardinality(String) COMMENT 'alert, alerts, usage, feeds, statement, …',
    subject_ids Array(String) COMMENT 'opaque ids of what was shown',
    detail String COMMENT 'filters of a list, or the statement of a command'
)
ENGINE = MergeTree
ORDER BY (at, audit_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
