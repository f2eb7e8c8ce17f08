-- Reference data: what is known of organisations, staff, patients and care.
-- Each dataset is a table of versions, of which the highest load wins, then the later line; the view under the
-- dataset's own name has the current version of each key. `ended_at` is set when a full load no longer holds the key.

-- One row per area.
CREATE TABLE IF NOT EXISTS areas_versions
(
    area_code String,
    name String,
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (area_code)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS areas AS
SELECT area_code, name, ended_at, source, load_seq
FROM areas_versions FINAL;

-- One row per organisation; type is one of gp, acute, mental_health, community, ambulance, nhs111, out_of_hours, social_care, hospice, pharmacy, other.
CREATE TABLE IF NOT EXISTS organisations_versions
(
    organisation_code String,
    name String,
    type LowCardinality(String),
    area_code LowCardinality(String),
    parent_code LowCardinality(String),
    latitude Nullable(Float64),
    longitude Nullable(Float64),
    valid_from Nullable(Date32),
    valid_to Nullable(Date32),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organisation_code)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS organisations AS
SELECT organisation_code, name, type, area_code, parent_code, latitude, longitude, valid_from, valid_to, ended_at, source, load_seq
FROM organisations_versions FINAL;

-- One row per member of staff and organisation. Used for detection only.
CREATE TABLE IF NOT EXISTS staff_versions
(
    staff_id String,
    organisation_code LowCardinality(String),
    staff_id_system LowCardinality(String),
    name String,
    surname String,
    role_code LowCardinality(String),
    role_name LowCardinality(String),
    team String,
    nhs_number String,
    date_of_birth Nullable(Date32),
    address_key String,
    postcode String,
    manager_staff_id String,
    starts_on Nullable(Date32),
    ends_on Nullable(Date32),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (staff_id_system, staff_id, organisation_code)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS staff AS
SELECT staff_id, organisation_code, staff_id_system, name, surname, role_code, role_name, team, nhs_number, date_of_birth, address_key, postcode, manager_staff_id, starts_on, ends_on, ended_at, source, load_seq
FROM staff_versions FINAL;

-- One row per identifier: one human, many ids. kind is person, shared, system or test.
CREATE TABLE IF NOT EXISTS staff_identities_versions
(
    staff_id_system LowCardinality(String),
    staff_id String,
    person_key String,
    kind LowCardinality(String),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (staff_id_system, staff_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS staff_identities AS
SELECT staff_id_system, staff_id, person_key, kind, ended_at, source, load_seq
FROM staff_identities_versions FINAL;

-- One row per patient. flags: watchlist, sensitive, protected_address.
CREATE TABLE IF NOT EXISTS patients_versions
(
    patient_id String,
    surname String,
    date_of_birth Nullable(Date32),
    sex LowCardinality(String),
    gp_practice_code LowCardinality(String),
    area_code LowCardinality(String),
    address_key String,
    postcode String,
    latitude Nullable(Float64),
    longitude Nullable(Float64),
    died_on Nullable(Date32),
    flags Array(LowCardinality(String)),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (patient_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS patients AS
SELECT patient_id, surname, date_of_birth, sex, gp_practice_code, area_code, address_key, postcode, latitude, longitude, died_on, flags, ended_at, source, load_seq
FROM patients_versions FINAL;

-- One row per recorded contact of a patient who is a patient too.
CREATE TABLE IF NOT EXISTS patient_contacts_versions
(
    patient_id String,
    contact_patient_id String,
    relation LowCardinality(String),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (patient_id, contact_patient_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS patient_contacts AS
SELECT patient_id, contact_patient_id, relation, ended_at, source, load_seq
FROM patient_contacts_versions FINAL;

-- One row per patient and organisation whose data they object to being shown.
CREATE TABLE IF NOT EXISTS patient_objections_versions
(
    patient_id String,
    organisation_code LowCardinality(String),
    starts_on Nullable(Date32),
    ends_on Nullable(Date32),
    upheld Nullable(Bool),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (patient_id, organisation_code)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS patient_objections AS
SELECT patient_id, organisation_code, starts_on, ends_on, upheld, ended_at, source, load_seq
FROM patient_objections_versions FINAL;

-- One row per tie that a member of staff told us of.
CREATE TABLE IF NOT EXISTS declared_ties_versions
(
    staff_id String,
    patient_id String,
    staff_id_system LowCardinality(String),
    relation LowCardinality(String),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (staff_id_system, staff_id, patient_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS declared_ties AS
SELECT staff_id, patient_id, staff_id_system, relation, ended_at, source, load_seq
FROM declared_ties_versions FINAL;

-- One row per care relationship.
CREATE TABLE IF NOT EXISTS care_relationships_versions
(
    relationship_id String,
    patient_id String,
    organisation_code LowCardinality(String),
    kind LowCardinality(String),
    starts_at DateTime64(3, 'UTC'),
    ends_at Nullable(DateTime64(3, 'UTC')),
    staff_id String,
    team String,
    related_organisation_code LowCardinality(String),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (relationship_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS care_relationships AS
SELECT relationship_id, patient_id, organisation_code, kind, starts_at, ends_at, staff_id, team, related_organisation_code, ended_at, source, load_seq
FROM care_relationships_versions FINAL;

-- One row per shift.
CREATE TABLE IF NOT EXISTS rosters_versions
(
    staff_id String,
    organisation_code LowCardinality(String),
    starts_at DateTime64(3, 'UTC'),
    ends_at DateTime64(3, 'UTC'),
    staff_id_system LowCardinality(String),
    ended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    load_seq UInt64,
    line UInt32,
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(load_seq, 32), line),
    content_hash UInt64 COMMENT 'of the fields as loaded; an unchanged row is not stored again',
    INDEX load_seq_range load_seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (staff_id_system, staff_id, organisation_code, starts_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW IF NOT EXISTS rosters AS
SELECT staff_id, organisation_code, starts_at, ends_at, staff_id_system, ended_at, source, load_seq
FROM rosters_versions FINAL;

-- One row per committed load of reference data: what was loaded, and when, so that every feed has a freshness.
CREATE TABLE IF NOT EXISTS reference_loads
(
    load_seq UInt64,
    dataset LowCardinality(String),
    source LowCardinality(String),
    mode LowCardinality(String) COMMENT 'partial or full',
    as_of Nullable(DateTime64(3, 'UTC')) COMMENT 'for full: when keys that are not in it ended',
    segment_id String,
    receipt String,
    fencing_token UInt64,
    received_at DateTime64(3, 'UTC'),
    loaded_at DateTime64(3, 'UTC'),
    received UInt64 COMMENT 'rows that passed validation',
    changed UInt64 COMMENT 'rows stored: new keys, and keys with other content than before',
    unchanged UInt64,
    ended UInt64 COMMENT 'keys that a full load no longer held',
    rejects UInt64,
    digest String COMMENT 'SHA-256 of the segment file, hex'
)
ENGINE = MergeTree
ORDER BY load_seq
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
