-- The queue of reviewers: what they concluded, what they asked to be left out, what is switched on, and what is shown.

-- One row per conclusion of a reviewer on an alert. Append-only: a finding can be an accusation, so nobody edits one, and
-- what was thought before stays readable. A row names the finding that its author saw as the latest; of two on the same
-- one the first stands, and the author of the second is told.
CREATE TABLE IF NOT EXISTS findings
(
    finding_id String,
    alert_id String,
    alert_version UInt32 COMMENT 'the version of the alert that its author had before them',
    detector_id LowCardinality(String),
    detector_version String COMMENT 'code.params, of that version',
    score Float64 COMMENT 'of that version',
    organisation_code LowCardinality(String),
    change LowCardinality(String) COMMENT 'closed: this is the conclusion; reopened: the one before no longer holds',
    finding LowCardinality(String) COMMENT 'id of DETECTORS.md, Findings; empty when reopened',
    note String,
    author String COMMENT 'user_id',
    author_name String COMMENT 'as it was at the time',
    found_at DateTime64(3, 'UTC'),
    previous_finding_id String COMMENT 'the latest that its author saw; empty for the first'
)
ENGINE = MergeTree
ORDER BY (alert_id, found_at, finding_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The findings that stand: of those that name the same predecessor, the first. The history of an alert, in order.
CREATE VIEW IF NOT EXISTS standing_findings AS
SELECT finding_id, alert_id, alert_version, detector_id, detector_version, score, organisation_code, change, finding,
    note, author, author_name, found_at, previous_finding_id
FROM findings AS f
ORDER BY f.found_at, f.finding_id
LIMIT 1 BY f.alert_id, f.previous_finding_id;

-- The latest standing finding of each alert that is closed; one that was reopened is not here.
CREATE VIEW IF NOT EXISTS closed_alerts AS
SELECT alert_id, argMax(f.finding, (f.found_at, f.finding_id)) AS finding,
    argMax(f.detector_version, (f.found_at, f.finding_id)) AS detector_version,
    max(f.found_at) AS closed_at
FROM standing_findings AS f
GROUP BY alert_id
HAVING argMax(f.change, (f.found_at, f.finding_id)) = 'closed';

-- What is left out of the queue for a time: one row when a suppression is made, one when it is ended before its time.
-- Append-only: whoever asks later why an alert was not looked at must find who answered for that. The alerts themselves
-- stay as they are, and are counted.
CREATE TABLE IF NOT EXISTS suppressions
(
    suppression_id String,
    change LowCardinality(String) COMMENT 'made or ended',
    organisation_code LowCardinality(String) COMMENT 'whose alerts; never empty: each organisation answers for its own',
    detector_id LowCardinality(String) COMMENT 'empty: of any detector',
    staff_id_system String,
    staff_id String COMMENT 'empty: of any member of staff',
    patient_id String COMMENT 'empty: on any patient',
    owner String COMMENT 'who answers for it',
    reason String,
    expires_at DateTime64(3, 'UTC'),
    hidden_before UInt32 COMMENT 'alerts of the 90 days before it was made that it would have left out, as its author saw',
    author String COMMENT 'user_id',
    at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (suppression_id, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per suppression, with when it ended before its time, if it did.
CREATE VIEW IF NOT EXISTS suppressions_made AS
SELECT suppression_id, anyIf(s.organisation_code, s.change = 'made') AS organisation_code,
    anyIf(s.detector_id, s.change = 'made') AS detector_id, anyIf(s.staff_id_system, s.change = 'made') AS staff_id_system,
    anyIf(s.staff_id, s.change = 'made') AS staff_id, anyIf(s.patient_id, s.change = 'made') AS patient_id,
    anyIf(s.owner, s.change = 'made') AS owner, anyIf(s.reason, s.change = 'made') AS reason,
    anyIf(s.expires_at, s.change = 'made') AS expires_at, anyIf(s.hidden_before, s.change = 'made') AS hidden_before,
    anyIf(s.author, s.change = 'made') AS author, minIf(s.at, s.change = 'made') AS made_at,
    minIfOrNull(s.at, s.change = 'ended') AS ended_at, anyIf(s.author, s.change = 'ended') AS ended_by
FROM suppressions AS s
GROUP BY suppression_id
HAVING countIf(s.change = 'made') > 0;

-- What people switched: append-only, since it must be possible to say on what ground somebody was watched on any day. The
-- newest of a detector and organisation ('' for all) at or before the detector's version holds, up to the status that
-- the detector's header gives as a ceiling; without any, the header's status holds.
CREATE TABLE IF NOT EXISTS activations
(
    activation_id String,
    detector_id LowCardinality(String),
    version UInt32 COMMENT 'of the detector''s text',
    organisation_code LowCardinality(String) COMMENT 'empty: all without a row of their own',
    status LowCardinality(String) COMMENT 'shadow, signal or active',
    author String COMMENT 'user_id',
    author_name String COMMENT 'as it was at the time',
    ground String COMMENT 'why it may be used: impact assessment, notice to staff',
    sample String COMMENT 'what was looked at before',
    at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (detector_id, organisation_code, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- What each detector may do: one row per detector, for organisations without a decision of their own (''), and one per
-- decision of an organisation. As analytics/ranking/activation.ts has it: the newest decision at or before the version,
-- never above the header.
CREATE VIEW IF NOT EXISTS detector_statuses AS
SELECT h.detector_id AS detector_id, d.organisation_code AS organisation_code,
    if(d.wished != '' AND indexOf(['shadow', 'signal', 'active'], d.wished) < indexOf(['shadow', 'signal', 'active'], h.ceiling),
        d.wished, h.ceiling) AS status
FROM (
    SELECT v.detector_id AS detector_id, argMax(toString(v.status), v.recorded_at) AS ceiling,
        argMax(v.version, v.recorded_at) AS version
    FROM detector_versions AS v
    GROUP BY v.detector_id
) AS h
INNER JOIN (
    SELECT a.detector_id AS detector_id, toString(a.organisation_code) AS organisation_code,
        argMax(toString(a.status), (a.at, a.activation_id)) AS wished
    FROM activations AS a
    INNER JOIN (
        SELECT n.detector_id AS detector_id, argMax(n.version, n.recorded_at) AS version
        FROM detector_versions AS n
        GROUP BY n.detector_id
    ) AS known ON known.detector_id = a.detector_id
    WHERE a.version <= known.version
    GROUP BY a.detector_id, a.organisation_code
    UNION ALL
    SELECT DISTINCT g.detector_id AS detector_id, '' AS organisation_code, '' AS wished
    FROM detector_versions AS g
    WHERE g.detector_id NOT IN (
        SELECT o.detector_id FROM activations AS o
        INNER JOIN (
            SELECT m.detector_id AS detector_id, argMax(m.version, m.recorded_at) AS version
            FROM detector_versions AS m
            GROUP BY m.detector_id
        ) AS latest ON latest.detector_id = o.detector_id
        WHERE o.organisation_code = '' AND o.version <= latest.version
    )
) AS d ON d.detector_id = h.detector_id;

-- How many items a week an organisation's reviewers can look at: append-only, the newest of an organisation holds ('' for
-- all). Without any, analytics/ranking/budget.ts has the default.
CREATE TABLE IF NOT EXISTS queue_budgets
(
    organisation_code LowCardinality(String),
    items_per_week UInt32,
    author String COMMENT 'user_id',
    reason String,
    set_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (organisation_code, set_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per build of the queue. The highest is the one that readers see. A build is derived from what is kept for ever
-- (alerts, findings, suppressions, activations, budgets), so the items of earlier builds may go.
CREATE TABLE IF NOT EXISTS queue_builds
(
    build UInt64,
    built_at DateTime64(3, 'UTC'),
    fingerprint String COMMENT 'of everything that the build was made of; the same gives the same queue',
    elapsed_ms UInt32,
    open_alerts UInt32,
    signal_alerts UInt32 COMMENT 'of detectors of status signal: they add to the rank of others',
    suppressed_alerts UInt32 COMMENT 'left out by a suppression in force',
    left_out_alerts UInt32 COMMENT 'more than a build takes: the oldest are left out',
    items UInt32,
    items_within_budget UInt32,
    items_sampled UInt32
)
ENGINE = MergeTree
ORDER BY build
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per build and item of the queue: alerts of one person in one organisation that are looked at together.
CREATE TABLE IF NOT EXISTS queue_item_builds
(
    build UInt64,
    item_id String COMMENT 'hash of the earliest alert of its group',
    rank UInt32 COMMENT '1 is best, over the exchange',
    rank_in_organisation UInt32,
    organisation_code LowCardinality(String),
    staff_id_system LowCardinality(String) COMMENT 'of the alert that leads the item',
    staff_id String COMMENT 'of the alert that leads the item; empty where no one member of staff',
    patient_ids Array(String),
    alert_ids Array(String) COMMENT 'open alerts, the strongest first',
    closed_alert_ids Array(String) COMMENT 'alerts of the same group on which there is a finding',
    signal_alert_ids Array(String) COMMENT 'alerts that add to its rank and do not stand alone',
    detector_ids Array(LowCardinality(String)) COMMENT 'of its open alerts, the strongest first',
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    expected_yield Float64 COMMENT 'probability that a reviewer finds at least one of its accesses not justified',
    priority Float64 COMMENT 'expected_yield times the weight of the severity: what rank is ordered by',
    severity LowCardinality(String) COMMENT 'the highest of its open alerts',
    lane LowCardinality(String) COMMENT 'danger: it may mean a risk to someone''s safety, same day''s work; else ordinary',
    week Date COMMENT 'Monday of the local week of its last access: whose budget it counts against',
    is_within_budget Bool,
    is_sampled Bool COMMENT 'drawn at random, or from below the budget; never told to its reviewer',
    place UInt32 COMMENT 'in the organisation''s list as people see it, from 1; 0 below the budget',
    reason String COMMENT 'the sentence of the alert that leads it, and what else there is',
    grouping_reason String
)
ENGINE = MergeTree
ORDER BY (build, organisation_code, rank)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The items of the current build, without the events: what pages read.
CREATE VIEW IF NOT EXISTS queue_entries AS
SELECT * FROM queue_item_builds
WHERE build = (SELECT max(queue_builds.build) FROM queue_builds);

-- The queue: one row per item, with the events that its alerts cite. The LIMIT 1 BY takes nothing away: it keeps the engine
-- from reading columns late, by which ORDER BY with a LIMIT on this view failed (ClickHouse 26.7).
CREATE VIEW IF NOT EXISTS queue_items AS
SELECT q.item_id AS item_id, q.rank AS rank, q.organisation_code AS organisation_code,
    q.rank_in_organisation AS rank_in_organisation, q.staff_id AS staff_id, q.patient_ids AS patient_ids,
    q.alert_ids AS alert_ids, arrayMap(cited -> cited.2, e.cited) AS event_ids, q.first_at AS first_at, q.last_at AS last_at,
    q.expected_yield AS expected_yield, q.reason AS reason, arrayMap(cited -> cited.1, e.cited) AS sources,
    q.staff_id_system AS staff_id_system, q.lane AS lane, q.severity AS severity, q.grouping_reason AS grouping_reason,
    q.detector_ids AS detector_ids, q.signal_alert_ids AS signal_alert_ids, q.priority AS priority, q.week AS week,
    q.is_within_budget AS is_within_budget, q.is_sampled AS is_sampled
FROM (SELECT * FROM queue_entries LIMIT 1 BY item_id) AS q
LEFT JOIN (
    SELECT i.item_id AS item_id, arraySort(groupUniqArrayArray(v.cited)) AS cited
    FROM (SELECT queue_entries.item_id AS item_id, arrayJoin(queue_entries.alert_ids) AS alert_id FROM queue_entries) AS i
    INNER JOIN (
        SELECT a.alert_id AS alert_id,
            arrayZip(argMax(a.sources, a.version), argMax(a.event_ids, a.version)) AS cited
        FROM alert_versions AS a
        GROUP BY a.alert_id
    ) AS v ON v.alert_id = i.alert_id
    GROUP BY i.item_id
) AS e ON e.item_id = q.item_id;

-- One row per request to try a detector with other thresholds on past days. Analytics carries them out, oldest first; a
-- request row, not a call, since the dashboard may run in another process, and since it is to be known who tried what.
CREATE TABLE IF NOT EXISTS replay_requests
(
    request_id String,
    detector_id LowCardinality(String),
    organisation_code LowCardinality(String) COMMENT 'whose alerts it is about; empty: all',
    params String COMMENT 'JSON object of param to value: only those to be changed',
    from_day Date COMMENT 'first local day',
    to_day Date COMMENT 'the local day after the last',
    requested_by String COMMENT 'user_id',
    reason String,
    requested_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (requested_at, request_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- What became of a request: a row when it begins (running), one after each batch of days, and a last one (done or failed).
-- The newest holds.
CREATE TABLE IF NOT EXISTS replay_results
(
    request_id String,
    state LowCardinality(String) COMMENT 'running, done or failed',
    at DateTime64(3, 'UTC'),
    detector_version String COMMENT 'code.params that it was held against',
    days UInt32 COMMENT 'local days with data in the range',
    days_done UInt32,
    staying UInt32 COMMENT 'alerts that stand and would still stand',
    coming UInt32 COMMENT 'alerts that would be raised',
    going UInt32 COMMENT 'alerts that would be withdrawn',
    going_true UInt32 COMMENT 'of those going, with a finding that counts as true',
    going_false UInt32 COMMENT 'of those going, with a finding that counts as false',
    message String COMMENT 'why it failed, and what to do'
)
ENGINE = MergeTree
ORDER BY (request_id, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The alerts that would come or go by a request: as many of each as a person reads.
CREATE TABLE IF NOT EXISTS replay_alerts
(
    request_id String,
    change LowCardinality(String) COMMENT 'coming or going',
    alert_id String,
    detector_id LowCardinality(String),
    organisation_code LowCardinality(String),
    day Date,
    score Float64,
    reason String,
    finding LowCardinality(String) COMMENT 'what people concluded on it; empty where nothing yet'
)
ENGINE = MergeTree
ORDER BY (request_id, change, day, alert_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per request with what became of it so far; state is waiting before it begins.
CREATE VIEW IF NOT EXISTS replays AS
SELECT q.request_id AS request_id, q.detector_id AS detector_id, q.organisation_code AS organisation_code,
    q.params AS params, q.from_day AS from_day, q.to_day AS to_day, q.requested_by AS requested_by, q.reason AS reason,
    q.requested_at AS requested_at, if(r.state = '', 'waiting', r.state) AS state, r.changed_at AS changed_at,
    r.detector_version AS detector_version, r.days AS days, r.days_done AS days_done, r.staying AS staying,
    r.coming AS coming, r.going AS going, r.going_true AS going_true, r.going_false AS going_false, r.message AS message
FROM replay_requests AS q
LEFT JOIN (
    SELECT p.request_id AS request_id, argMax(toString(p.state), (p.days_done, p.at, p.state != 'running')) AS state,
        max(p.at) AS changed_at, argMax(p.detector_version, p.at) AS detector_version, max(p.days) AS days,
        max(p.days_done) AS days_done, argMax(p.staying, (p.days_done, p.at)) AS staying,
        argMax(p.coming, (p.days_done, p.at)) AS coming, argMax(p.going, (p.days_done, p.at)) AS going,
        argMax(p.going_true, (p.days_done, p.at)) AS going_true, argMax(p.going_false, (p.days_done, p.at)) AS going_false,
        argMax(p.message, (p.days_done, p.at)) AS message
    FROM replay_results AS p
    GROUP BY p.request_id
) AS r ON r.request_id = q.request_id;

-- The latest version of each alert. raised_at is when it was first raised; closed is one with a finding that was not
-- reopened. Which of two findings on the same predecessor stands does not matter here: both say closed, or both reopened.
CREATE OR REPLACE VIEW alerts AS
SELECT alert_id, argMax(v.detector_id, v.version) AS detector_id, argMax(v.detector_version, v.version) AS detector_version,
    argMax(v.staff_id_system, v.version) AS staff_id_system, argMax(v.staff_id, v.version) AS staff_id,
    argMax(v.organisation_code, v.version) AS organisation_code, argMax(v.patient_id, v.version) AS patient_id,
    argMax(v.day, v.version) AS day,
    argMax(v.first_at, v.version) AS first_at, argMax(v.last_at, v.version) AS last_at,
    min(v.recorded_at) AS raised_at, max(v.recorded_at) AS changed_at,
    argMax(v.event_ids, v.version) AS event_ids, argMax(v.sources, v.version) AS sources,
    argMax(v.score, v.version) AS score, argMax(v.severity, v.version) AS severity,
    multiIf(argMax(v.change, v.version) = 'withdrawn', 'withdrawn',
        alert_id IN (
            SELECT f.alert_id FROM findings AS f GROUP BY f.alert_id HAVING argMax(f.change, f.found_at) = 'closed'
        ), 'closed', 'open') AS status,
    argMax(v.reason, v.version) AS reason, argMax(v.change_reason, v.version) AS change_reason,
    argMax(v.facts, v.version) AS facts, max(v.version) AS version
FROM alert_versions AS v
GROUP BY alert_id;
