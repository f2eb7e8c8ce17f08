-- What looks back: former ties, and earlier care.

-- What addresses and contacts were before: the versions of reference data are replaced when parts merge, and whoever
-- lived together, or was somebody's next of kin, stays a former partner.

-- One row per version of a patient's or a staff member's row: the address that it gave, and whose record is a staff
-- member's own. Written with the version itself.
CREATE TABLE IF NOT EXISTS address_history
(
    holder LowCardinality(String) COMMENT 'patient or staff',
    patient_id String COMMENT 'empty for staff',
    staff_id_system LowCardinality(String) COMMENT 'empty for patients, like the two columns below',
    staff_id String,
    organisation_code LowCardinality(String),
    address_key String COMMENT 'empty where the version gave none, or ended',
    nhs_number String COMMENT 'as the employer knows it; empty for patients',
    load_seq UInt64
)
ENGINE = MergeTree
ORDER BY (holder, patient_id, staff_id_system, staff_id, organisation_code, load_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per version of a patient's contact. Written with the version itself.
CREATE TABLE IF NOT EXISTS contact_history
(
    patient_id String,
    contact_patient_id String,
    relation LowCardinality(String),
    is_contact Bool COMMENT 'false where the version ended the contact',
    load_seq UInt64
)
ENGINE = MergeTree
ORDER BY (patient_id, contact_patient_id, load_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_patient_addresses TO address_history AS
SELECT 'patient' AS holder, patient_id, '' AS staff_id_system, '' AS staff_id, '' AS organisation_code,
    if(isNull(ended_at), address_key, '') AS address_key, '' AS nhs_number, load_seq
FROM patients_versions;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_staff_addresses TO address_history AS
SELECT 'staff' AS holder, '' AS patient_id, staff_id_system, staff_id, organisation_code,
    if(isNull(ended_at), address_key, '') AS address_key, nhs_number, load_seq
FROM staff_versions;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_contacts TO contact_history AS
SELECT patient_id, contact_patient_id, relation, isNull(ended_at) AS is_contact, load_seq
FROM patient_contacts_versions;

-- The local day of a load of reference data: of its snapshot, where it says of when that was, else of its receipt.
CREATE VIEW IF NOT EXISTS reference_load_days AS
SELECT r.load_seq AS load_seq, r.dataset AS dataset, toDate(coalesce(r.as_of, r.received_at), 'Europe/London') AS day
FROM reference_loads AS r;

-- One row per address that a patient or a staff member had, with the local days in which it held: from `known_from`, the
-- day of the load that first told it, until before `known_until`, the day of the load that told otherwise (2149-06-06
-- while it holds). What was corrected on the day on which it was told never held, and has no row. Bind `holder` and
-- `patient_id`, or `holder`, `staff_id_system` and `staff_id`: the history is long, and in that order.
CREATE VIEW IF NOT EXISTS former_addresses AS
SELECT holder, patient_id, staff_id_system, staff_id, organisation_code, period.1 AS address_key,
    period.2 AS known_from, period.3 AS known_until
FROM (
    SELECT h.holder AS holder, h.patient_id AS patient_id, h.staff_id_system AS staff_id_system,
        h.staff_id AS staff_id, h.organisation_code AS organisation_code,
        arraySort(groupUniqArray((h.load_seq, h.address_key, l.day))) AS told,
        arrayFilter((version, place) -> place = 1 OR version.2 != told[place - 1].2, told, arrayEnumerate(told)) AS moves
    FROM address_history AS h
    INNER JOIN reference_load_days AS l ON l.load_seq = h.load_seq
    GROUP BY h.holder, h.patient_id, h.staff_id_system, h.staff_id, h.organisation_code
)
ARRAY JOIN arrayMap((version, place) -> (version.2, version.3,
    if(place = length(moves), toDate('2149-06-06'), moves[place + 1].3)), moves, arrayEnumerate(moves)) AS period
WHERE period.1 != '' AND period.2 < period.3;

-- One row per time in which somebody was a patient's contact, in the form of former_addresses; `relation` as last told
-- in it. Bind `patient_id`.
CREATE VIEW IF NOT EXISTS former_contacts AS
SELECT patient_id, contact_patient_id, period.2 AS relation, period.3 AS known_from, period.4 AS known_until
FROM (
    SELECT h.patient_id AS patient_id, h.contact_patient_id AS contact_patient_id,
        arraySort(groupUniqArray((h.load_seq, h.is_contact, toString(h.relation), l.day))) AS told,
        arrayFilter((version, place) -> place = 1 OR version.2 != told[place - 1].2, told, arrayEnumerate(told)) AS turns
    FROM contact_history AS h
    INNER JOIN reference_load_days AS l ON l.load_seq = h.load_seq
    GROUP BY h.patient_id, h.contact_patient_id
)
ARRAY JOIN arrayMap((version, place) -> (version.2,
    arrayLast(other -> place = length(turns) OR other.1 < turns[place + 1].1, told).3, version.4,
    if(place = length(turns), toDate('2149-06-06'), turns[place + 1].4)), turns, arrayEnumerate(turns)) AS period
WHERE period.1 AND period.3 < period.4;

-- An explanation of no strength: a tie that a member of staff told us of beforehand. It explains nothing, and is kept
-- with what does since it changes the words and the lane of an alert.
ALTER TABLE access_explanation_builds
    MODIFY COLUMN strength Enum8('none' = 0, 'inferred' = 1, 'organisation' = 2, 'team' = 3, 'person' = 4);

CREATE OR REPLACE VIEW access_explanations AS
SELECT * FROM access_explanation_builds
WHERE strength > 'none' AND (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- One row per access to the record of somebody to whom the member of staff had declared a tie; `evidence` is the relation.
CREATE VIEW IF NOT EXISTS declared_accesses AS
SELECT * FROM access_explanation_builds
WHERE strength = 'none' AND (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- Scratch of the build under way: one row per identifier in an organisation that appears in it, with the person behind
-- it. It is emptied before each batch of days.
CREATE TABLE IF NOT EXISTS viewer_builds
(
    build UInt64,
    staff_id_system LowCardinality(String),
    staff_id String,
    organisation_code LowCardinality(String),
    person_key String COMMENT 'of staff_people, else of the identifier alone',
    ids Array(String) COMMENT 'all identifiers of the person',
    teams Array(String) COMMENT 'the teams of the person in this organisation, in lower case',
    team String COMMENT 'the one whose members speak for each other; empty where there is none',
    circle UInt64 COMMENT 'hash of organisation and that team, else of organisation and person'
)
ENGINE = MergeTree
ORDER BY (organisation_code, staff_id_system, staff_id);

-- One row per build, local day, patient and circle of people who speak for each other (a team, else one person): the
-- strongest primary explanation of their accesses on that day. What looks back on earlier care reads this.
CREATE TABLE IF NOT EXISTS circle_link_builds
(
    build UInt64,
    day Date,
    patient_id String,
    circle UInt64 COMMENT 'hash of organisation and team, else of organisation and person',
    strength Enum8('none' = 0, 'inferred' = 1, 'organisation' = 2, 'team' = 3, 'person' = 4),
    INDEX day_range day TYPE minmax GRANULARITY 1,
    INDEX build_range build TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (patient_id, circle, day, build);

CREATE VIEW IF NOT EXISTS circle_links AS
SELECT * FROM circle_link_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- Days that have to be built under a number above `build`, since what they look back on became another: the earlier
-- explanations of their patients, or the flows of their organisations.
CREATE TABLE IF NOT EXISTS stale_days
(
    day Date,
    build UInt64
)
ENGINE = MergeTree
ORDER BY (day, build)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
