-- What the detectors of unexplained access read: each access with the strongest of its explanations, and how much of
-- each organisation's care its feeds tell of.

-- One row per build and access by a person's own hand, with what detectors ask of it again and again.
CREATE TABLE IF NOT EXISTS access_link_builds
(
    build UInt64,
    day Date,
    organisation_code LowCardinality(String),
    staff_id_system LowCardinality(String),
    staff_id String,
    patient_id String,
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    user_events UInt32 COMMENT 'events not triggered by a system, outcome success or unknown; at least one',
    role LowCardinality(String) COMMENT 'what peers have in common: the role code as recorded, else its name in lower case, else that of the staff directory',
    role_name LowCardinality(String) COMMENT 'as people read it',
    team LowCardinality(String) COMMENT 'of the staff directory, in this organisation; empty where not known',
    organisation_type LowCardinality(String),
    sections Array(LowCardinality(String)),
    overrides Array(LowCardinality(String)),
    strength Enum8('none' = 0, 'inferred' = 1, 'organisation' = 2, 'team' = 3, 'person' = 4) COMMENT 'of the strongest explanation',
    explanation_ids Array(LowCardinality(String)) COMMENT 'all that apply, sorted',
    INDEX build_range build TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, organisation_code, staff_id_system, staff_id, patient_id, build);

-- One row per build, local day, organisation and role: how many accesses, and how many of them are explained at best
-- with each strength. The share that is explained says how much it means that another access is not.
CREATE TABLE IF NOT EXISTS link_coverage_builds
(
    build UInt64,
    day Date,
    organisation_code LowCardinality(String),
    role LowCardinality(String),
    accesses UInt32,
    inferred UInt32,
    organisation UInt32,
    team UInt32,
    person UInt32,
    explanations Map(LowCardinality(String), UInt32) COMMENT 'accesses by explanation_id; one with several counts for each'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, organisation_code, role, build);

CREATE VIEW IF NOT EXISTS access_links AS
SELECT * FROM access_link_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

CREATE VIEW IF NOT EXISTS link_coverage AS
SELECT * FROM link_coverage_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- One row per judged day and organisation and role with an access on it: the share of accesses that are explained with
-- organisation strength or better, on that day and the back_days - 1 before it. A small role's share is drawn to its
-- organisation's, as if twenty accesses had been like those. Where the share is low, feeds are missing, and an access that
-- nothing explains says nothing. Sums run over arrays of days, since rows for every day that looks back on another would
-- be millions for a month.
CREATE VIEW IF NOT EXISTS coverage_of AS
WITH
told AS (
    SELECT c.day AS day, c.organisation_code AS organisation_code, c.role AS role,
        toUInt64(c.accesses) AS accesses, toUInt64(c.organisation) + c.team + c.person AS explained
    FROM link_coverage AS c
    WHERE c.day > subtractDays(arrayMin({days:Array(Date)}), {back_days:UInt32})
        AND c.day <= arrayMax({days:Array(Date)})
),
roles AS (
    SELECT organisation_code, role, arraySort(groupArray((day, accesses, explained))) AS said
    FROM told
    GROUP BY organisation_code, role
),
houses AS (
    SELECT organisation_code, arraySort(groupArray((day, accesses, explained))) AS said
    FROM (
        SELECT day, organisation_code, sum(accesses) AS accesses, sum(explained) AS explained
        FROM told
        GROUP BY day, organisation_code
    )
    GROUP BY organisation_code
),
of_roles AS (
    SELECT organisation_code, role, looked.1 AS judged, looked.2 AS accesses, looked.3 AS explained
    FROM (SELECT organisation_code, role, said.1 AS on_days, arrayCumSum(said.2) AS accesses_to, arrayCumSum(said.3) AS explained_to
        FROM roles)
    ARRAY JOIN arrayMap(place -> (on_days[place],
            accesses_to[place] - accesses_to[arrayCount(d -> d <= subtractDays(on_days[place], {back_days:UInt32}), on_days)],
            explained_to[place] - explained_to[arrayCount(d -> d <= subtractDays(on_days[place], {back_days:UInt32}), on_days)]),
        arrayFilter(place -> has({days:Array(Date)}, on_days[place]), arrayEnumerate(on_days))) AS looked
),
of_houses AS (
    SELECT organisation_code, looked.1 AS judged, looked.2 AS share
    FROM (SELECT organisation_code, said.1 AS on_days, arrayCumSum(said.2) AS accesses_to, arrayCumSum(said.3) AS explained_to
        FROM houses)
    ARRAY JOIN arrayMap(place -> (on_days[place],
            (explained_to[place] - explained_to[arrayCount(d -> d <= subtractDays(on_days[place], {back_days:UInt32}), on_days)])
            / (accesses_to[place] - accesses_to[arrayCount(d -> d <= subtractDays(on_days[place], {back_days:UInt32}), on_days)])),
        arrayFilter(place -> has({days:Array(Date)}, on_days[place]), arrayEnumerate(on_days))) AS looked
)
SELECT r.judged AS day, r.organisation_code AS organisation_code, r.role AS role,
    (r.explained + 20 * h.share) / (r.accesses + 20) AS coverage
FROM of_roles AS r
INNER JOIN of_houses AS h ON h.judged = r.judged AND h.organisation_code = r.organisation_code;

-- One row per access of the days of which the strongest explanation is weaker than `below`, with the share of its
-- organisation's and role's accesses that are explained.
CREATE VIEW IF NOT EXISTS unlinked_accesses AS
SELECT a.day AS day, a.organisation_code AS organisation_code, a.staff_id_system AS staff_id_system,
    a.staff_id AS staff_id, a.patient_id AS patient_id, a.first_at AS first_at, a.last_at AS last_at,
    a.user_events AS user_events, a.role AS role, a.role_name AS role_name, a.team AS team,
    a.organisation_type AS organisation_type, a.sections AS sections, a.overrides AS overrides,
    a.strength AS strength, a.explanation_ids AS explanation_ids, c.coverage AS coverage
FROM access_links AS a
INNER JOIN coverage_of(days = {days:Array(Date)}, back_days = {back_days:UInt32}) AS c
    ON c.day = a.day AND c.organisation_code = a.organisation_code AND c.role = a.role
WHERE a.day IN {days:Array(Date)} AND a.strength < {below:String};
