-- What is made of the events: roll-ups by local day, explanations, and what detectors found.

-- Which local days a load touched: a day is dirty while its highest load_seq here is above its build's.
CREATE TABLE IF NOT EXISTS dirty_days
(
    day Date,
    load_seq UInt64,
    cause LowCardinality(String) COMMENT 'access_events, or the reference dataset that touched it'
)
ENGINE = MergeTree
ORDER BY (day, load_seq);

-- How far a part of analytics has read the loads.
CREATE TABLE IF NOT EXISTS analytics_marks
(
    name LowCardinality(String),
    load_seq UInt64,
    marked_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (name, load_seq);

-- One row per build of a day. The highest build of a day is the one that readers see, in all roll-ups at once.
CREATE TABLE IF NOT EXISTS day_builds
(
    day Date,
    build UInt64,
    load_seq UInt64 COMMENT 'every load up to this one is in the build',
    built_at DateTime64(3, 'UTC'),
    events UInt64,
    accesses UInt64,
    views UInt64
)
ENGINE = MergeTree
ORDER BY (day, build)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per build and access: all events of one staff member, in one organisation, on one patient, on one local day.
CREATE TABLE IF NOT EXISTS access_builds
(
    build UInt64,
    day Date,
    staff_id_system LowCardinality(String),
    staff_id String,
    organisation_code LowCardinality(String),
    patient_id String,
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    events UInt32,
    views UInt32 COMMENT 'events with action view and outcome success or unknown',
    openings UInt32 COMMENT 'launches among those views; what the programme publishes as its views',
    user_events UInt32 COMMENT 'events not triggered by a system, outcome success or unknown; without any, no detector raises',
    role_code LowCardinality(String),
    role_name LowCardinality(String),
    sections Array(LowCardinality(String)),
    overrides Array(LowCardinality(String)),
    INDEX day_range day TYPE minmax GRANULARITY 1,
    INDEX build_range build TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (patient_id, day, staff_id_system, staff_id, organisation_code, build);

-- One row per build, local day, staff member and organisation.
CREATE TABLE IF NOT EXISTS staff_day_builds
(
    build UInt64,
    day Date,
    staff_id_system LowCardinality(String),
    staff_id String,
    organisation_code LowCardinality(String),
    role_code LowCardinality(String),
    role_name LowCardinality(String),
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    events UInt32,
    views UInt32,
    openings UInt32,
    searches UInt32,
    patients UInt32 COMMENT 'distinct patients'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, organisation_code, staff_id_system, staff_id, build);

-- One row per build, access and explanation that applies to it.
CREATE TABLE IF NOT EXISTS access_explanation_builds
(
    build UInt64,
    day Date,
    staff_id_system LowCardinality(String),
    staff_id String,
    organisation_code LowCardinality(String),
    patient_id String,
    explanation_id LowCardinality(String),
    strength Enum8('inferred' = 1, 'organisation' = 2, 'team' = 3, 'person' = 4),
    evidence String COMMENT 'relationship_id or other pointer to what explains it',
    INDEX day_range day TYPE minmax GRANULARITY 1,
    INDEX build_range build TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (patient_id, day, staff_id_system, staff_id, organisation_code, build);

-- One row per build, local day, organisation and area of the patients: what a catchment is learned from.
CREATE TABLE IF NOT EXISTS area_flow_builds
(
    build UInt64,
    day Date,
    organisation_code LowCardinality(String),
    area_code LowCardinality(String) COMMENT 'of the patient; empty where not known',
    patients UInt32 COMMENT 'distinct patients of that area on that day',
    explained_patients UInt32 COMMENT 'those with an access that is explained with organisation strength or better'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, organisation_code, area_code, build);

-- Scratch of the build under way: one row per access and care relationship of its patient with its organisation.
-- Explanations choose from it; it is emptied before each batch of days.
CREATE TABLE IF NOT EXISTS access_relationship_builds
(
    build UInt64,
    day Date,
    staff_id_system LowCardinality(String),
    staff_id String,
    organisation_code LowCardinality(String),
    patient_id String,
    relationship_id String,
    kind LowCardinality(String),
    starts_on Date32 COMMENT 'local day',
    last_on Date32 COMMENT 'local day of its end; far ahead while it is open',
    is_related Bool COMMENT 'the organisation is the related one, such as the department that received the patient',
    named_staff_id String,
    strength Enum8('inferred' = 1, 'organisation' = 2, 'team' = 3, 'person' = 4) COMMENT 'whom it names'
)
ENGINE = MergeTree
ORDER BY (kind, day, patient_id);

-- What a key of reference data said, as analytics read it: versions are replaced, and a day that relied on the old
-- value has to be judged again.
CREATE TABLE IF NOT EXISTS tie_history
(
    dataset LowCardinality(String) COMMENT 'patients (value: address_key) or staff_identities (value: person_key)',
    key String,
    value String,
    load_seq UInt64
)
ENGINE = MergeTree
ORDER BY (dataset, key, value, load_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per detector and version that analytics has known, as its folder says it; the newest holds.
CREATE TABLE IF NOT EXISTS detector_versions
(
    detector_id LowCardinality(String),
    version UInt32,
    title String,
    status LowCardinality(String) COMMENT 'draft, shadow, signal, active, retired: a ceiling',
    severity LowCardinality(String),
    mode LowCardinality(String) COMMENT 'live or scheduled',
    needs Array(String) COMMENT 'datasets without which it is blind',
    silenced_by LowCardinality(String) COMMENT 'none, person, team, organisation',
    params String COMMENT 'JSON object of the header''s params',
    readme String,
    content_hash String COMMENT 'SHA-256 of the columns above, hex',
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (detector_id, version, recorded_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The events of committed loads. A load that was cut short leaves rows that no ledger row vouches for.
CREATE VIEW IF NOT EXISTS committed_events AS
SELECT * FROM access_events
WHERE load_seq IN (SELECT segments.load_seq FROM segments);

-- One row per staff identifier and the time in which it stood for that person. An identifier without an identity
-- is a person of its own; so is one whose identity ended, from that day on.
CREATE VIEW IF NOT EXISTS staff_people AS
SELECT i.staff_id_system AS staff_id_system, i.staff_id AS staff_id, i.person_key AS person_key,
    if(i.kind = '', 'person', i.kind) AS kind, toDate('1970-01-01') AS known_from,
    if(isNull(i.ended_at), toDate('2149-06-06'), toDate(assumeNotNull(i.ended_at), 'Europe/London')) AS known_until
FROM staff_identities AS i
UNION ALL
SELECT s.staff_id_system AS staff_id_system, s.staff_id AS staff_id,
    concat('staff:', s.staff_id_system, '|', s.staff_id) AS person_key,
    if(s.nhs_numbers > 1, 'contradictory', 'person') AS kind,
    if(isNull(i.ended_at), toDate('1970-01-01'), toDate(assumeNotNull(i.ended_at), 'Europe/London')) AS known_from,
    toDate('2149-06-06') AS known_until
FROM (
    SELECT staff.staff_id_system AS staff_id_system, staff.staff_id AS staff_id,
        uniqExactIf(staff.nhs_number, staff.nhs_number != '') AS nhs_numbers
    FROM staff
    GROUP BY staff.staff_id_system, staff.staff_id
) AS s
LEFT JOIN (SELECT staff_id_system, staff_id, 1 AS is_known, ended_at FROM staff_identities) AS i
    ON i.staff_id_system = s.staff_id_system AND i.staff_id = s.staff_id
WHERE i.is_known = 0 OR isNotNull(i.ended_at);

CREATE VIEW IF NOT EXISTS accesses AS
SELECT * FROM access_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

CREATE VIEW IF NOT EXISTS staff_days AS
SELECT * FROM staff_day_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

CREATE VIEW IF NOT EXISTS access_explanations AS
SELECT * FROM access_explanation_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

CREATE VIEW IF NOT EXISTS area_flows AS
SELECT * FROM area_flow_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- One row per run of a detector.
CREATE TABLE IF NOT EXISTS detector_runs
(
    run_id String,
    detector_id LowCardinality(String),
    detector_version String COMMENT 'code.params',
    started_at DateTime64(3, 'UTC'),
    elapsed_ms UInt32,
    days Array(Date) COMMENT 'local days judged',
    load_seq UInt64 COMMENT 'every load up to this one was judged',
    read_rows UInt64 COMMENT 'accesses of the judged days',
    alerts UInt32 COMMENT 'rows the detector returned',
    raised UInt32,
    changed UInt32,
    withdrawn UInt32,
    is_dry_run Bool,
    status LowCardinality(String) COMMENT 'succeeded, failed, blind',
    detail String COMMENT 'code of the failure, or the datasets that are missing'
)
ENGINE = MergeTree
ORDER BY (detector_id, started_at, run_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per judgement of a day by a detector: up to which load the day had been built when it was judged.
CREATE TABLE IF NOT EXISTS judged_days
(
    detector_id LowCardinality(String),
    detector_version String,
    day Date,
    load_seq UInt64,
    run_id String
)
ENGINE = MergeTree
ORDER BY (detector_id, day, load_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Thresholds set by people: append-only, the newest of a detector and organisation holds ('' for all).
CREATE TABLE IF NOT EXISTS detector_params
(
    detector_id LowCardinality(String),
    params_version UInt32,
    organisation_code LowCardinality(String),
    params String COMMENT 'JSON object of param to value',
    author String,
    reason String,
    set_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (detector_id, params_version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Append-only: one row per version of an alert. The highest version holds.
CREATE TABLE IF NOT EXISTS alert_versions
(
    alert_id String COMMENT 'hash of detector, grain and period, without the version',
    version UInt32,
    change LowCardinality(String) COMMENT 'raised, changed, withdrawn',
    change_reason String COMMENT 'why it was withdrawn or changed',
    detector_id LowCardinality(String),
    detector_version String COMMENT 'code.params',
    severity LowCardinality(String),
    staff_id_system LowCardinality(String),
    staff_id String,
    organisation_code LowCardinality(String),
    patient_id String,
    day Date,
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    score Float64,
    facts Map(String, String),
    reason String,
    event_ids Array(String),
    sources Array(String) COMMENT 'parallel to event_ids',
    content_hash String,
    load_seq UInt64,
    run_id String,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (alert_id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The latest version of each alert. raised_at is when it was first raised.
CREATE VIEW IF NOT EXISTS alerts AS
SELECT alert_id, argMax(v.detector_id, v.version) AS detector_id, argMax(v.detector_version, v.version) AS detector_version,
    argMax(v.staff_id_system, v.version) AS staff_id_system, argMax(v.staff_id, v.version) AS staff_id,
    argMax(v.organisation_code, v.version) AS organisation_code, argMax(v.patient_id, v.version) AS patient_id,
    argMax(v.day, v.version) AS day,
    argMax(v.first_at, v.version) AS first_at, argMax(v.last_at, v.version) AS last_at,
    min(v.recorded_at) AS raised_at, max(v.recorded_at) AS changed_at,
    argMax(v.event_ids, v.version) AS event_ids, argMax(v.sources, v.version) AS sources,
    argMax(v.score, v.version) AS score, argMax(v.severity, v.version) AS severity,
    if(argMax(v.change, v.version) = 'withdrawn', 'withdrawn', 'open') AS status,
    argMax(v.reason, v.version) AS reason, argMax(v.change_reason, v.version) AS change_reason,
    argMax(v.facts, v.version) AS facts, max(v.version) AS version
FROM alert_versions AS v
GROUP BY alert_id;
