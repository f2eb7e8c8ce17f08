-- Working tables of the loader: emptied before each load, and of no meaning between loads.

-- The lines of one spool segment, as they stand in its file. `record` is header, event, reject or batch.
CREATE TABLE IF NOT EXISTS segment_lines
(
    record LowCardinality(String),
    segment_position UInt32,
    source LowCardinality(String),
    received_at Int64 COMMENT 'epoch milliseconds, as are all instants of a segment',
    receipt String,
    dataset LowCardinality(String),
    position UInt32,
    event_id String,
    occurred_at Int64,
    action LowCardinality(String),
    outcome LowCardinality(String),
    trigger LowCardinality(String),
    staff_id String,
    staff_id_system LowCardinality(String),
    staff_name String,
    role_code LowCardinality(String),
    role_name LowCardinality(String),
    organisation_code LowCardinality(String),
    site_code LowCardinality(String),
    application LowCardinality(String),
    session_id String,
    launch_id String,
    device_id String,
    ip_address String,
    patient_id String,
    section LowCardinality(String),
    document_id String,
    supplier_codes Array(LowCardinality(String)),
    purpose LowCardinality(String),
    override LowCardinality(String),
    reason String,
    search_terms String,
    search_results Array(String),
    code LowCardinality(String),
    message String,
    raw String,
    raw_encoding LowCardinality(String),
    key UInt64 MATERIALIZED sipHash64(source, event_id)
)
ENGINE = Memory;

-- The events of a segment whose id may have been seen before. Made like access_events, so that content_v1 is the same.
CREATE TABLE IF NOT EXISTS segment_suspects AS access_events ENGINE = Memory;

-- What is to become of each suspect: store, stored (by an attempt that did not end), duplicate or conflict.
CREATE TABLE IF NOT EXISTS segment_verdicts
(
    segment_position UInt32,
    verdict LowCardinality(String)
)
ENGINE = Memory;

-- The rows of one load of reference data. On disk like their tables, since a load can be larger than memory.
CREATE TABLE IF NOT EXISTS reference_staging_areas AS areas_versions;
CREATE TABLE IF NOT EXISTS reference_staging_organisations AS organisations_versions;
CREATE TABLE IF NOT EXISTS reference_staging_staff AS staff_versions;
CREATE TABLE IF NOT EXISTS reference_staging_staff_identities AS staff_identities_versions;
CREATE TABLE IF NOT EXISTS reference_staging_patients AS patients_versions;
CREATE TABLE IF NOT EXISTS reference_staging_patient_contacts AS patient_contacts_versions;
CREATE TABLE IF NOT EXISTS reference_staging_patient_objections AS patient_objections_versions;
CREATE TABLE IF NOT EXISTS reference_staging_declared_ties AS declared_ties_versions;
CREATE TABLE IF NOT EXISTS reference_staging_care_relationships AS care_relationships_versions;
CREATE TABLE IF NOT EXISTS reference_staging_rosters AS rosters_versions;
