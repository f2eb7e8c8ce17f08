-- What detectors of weeks read: a person's day, and a role's day, in place of each of their accesses.

-- One row per build, local day, organisation and staff member with an access by their own hand: how many, and how many of
-- them are explained.
CREATE TABLE IF NOT EXISTS staff_link_day_builds
(
    build UInt64,
    day Date,
    organisation_code LowCardinality(String),
    staff_id_system LowCardinality(String),
    staff_id String,
    role LowCardinality(String) COMMENT 'as in access_link_builds; of several on one day the last in the alphabet, and so the three below',
    role_name LowCardinality(String),
    team LowCardinality(String),
    organisation_type LowCardinality(String),
    accesses UInt32,
    unexplained UInt32 COMMENT 'of them those whose strongest explanation is weaker than an organisation''s',
    unlinked UInt32 COMMENT 'of them those whose strongest explanation is weaker than a team''s',
    sectioned UInt32 COMMENT 'of them those of which a section is known',
    unlinked_looks Array(Tuple(
        strength Enum8('none' = 0, 'inferred' = 1, 'organisation' = 2, 'team' = 3, 'person' = 4),
        hour UInt8,
        sections Array(LowCardinality(String)))) COMMENT 'the unlinked ones: strongest explanation, local hour of the first event, sections',
    INDEX build_range build TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, organisation_code, staff_id_system, staff_id, build);

CREATE VIEW IF NOT EXISTS staff_link_days AS
SELECT * FROM staff_link_day_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- Of the day of an organisation's role also: who was at work and when, and what was opened.
ALTER TABLE link_coverage_builds
    ADD COLUMN IF NOT EXISTS organisation_type LowCardinality(String),
    ADD COLUMN IF NOT EXISTS people UInt32 COMMENT 'staff members with an access in this role',
    ADD COLUMN IF NOT EXISTS hours Map(UInt8, UInt32) COMMENT 'of them those who opened a record for the first time that day in this local hour',
    ADD COLUMN IF NOT EXISTS sections Map(String, UInt32) COMMENT 'accesses by section; one to several counts for each';

CREATE OR REPLACE VIEW link_coverage AS
SELECT * FROM link_coverage_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- What was built before has none of this.
INSERT INTO stale_days (day, build) SELECT day, max(b.build) AS build FROM day_builds AS b GROUP BY day;
