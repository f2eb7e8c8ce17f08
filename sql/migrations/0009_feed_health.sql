-- The health of each source's feed: what it sent by the hour, from which its rhythm, its forecast and its silence are read.

-- One row per dataset, source and hour in UTC, added up from the loads of committed data. Each insert adds whole loads
-- and says in load_seq how far it has read, so that no load is ever added twice. It can be emptied and is then filled
-- anew. Read it added up, as feed_hours does: parts that are not merged yet stand side by side.
CREATE TABLE IF NOT EXISTS feed_hour_parts
(
    dataset LowCardinality(String) COMMENT 'access_events or the reference dataset; empty on rows that only say how far was read',
    source LowCardinality(String),
    hour DateTime('UTC') COMMENT 'hour of loading, but for occurred_events',
    load_seq SimpleAggregateFunction(max, UInt64) COMMENT 'every load up to this one was read',
    deliveries SimpleAggregateFunction(sum, UInt64) COMMENT 'requests or messages',
    first_heard_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) COMMENT 'first delivery of the hour; null without any',
    last_heard_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
    longest_gap_ms SimpleAggregateFunction(max, UInt64) COMMENT 'longest gap between deliveries that ended in the hour',
    stored SimpleAggregateFunction(sum, UInt64) COMMENT 'events stored; of reference data, rows changed',
    duplicates SimpleAggregateFunction(sum, UInt64) COMMENT 'of reference data, rows unchanged',
    conflicts SimpleAggregateFunction(sum, UInt64),
    rejects SimpleAggregateFunction(sum, UInt64),
    rejects_by_code SimpleAggregateFunction(sumMap, Map(String, UInt64)) COMMENT 'rejects and conflicts',
    lateness SimpleAggregateFunction(sumMap, Map(UInt32, UInt64)) COMMENT 'events stored, by receipt less occurrence: at most so many seconds late',
    least_late_ms SimpleAggregateFunction(min, Nullable(Int64)) COMMENT 'receipt less occurrence of the freshest event; below 0 where it lies ahead',
    ahead_events SimpleAggregateFunction(sum, UInt64) COMMENT 'events that occurred more than 2 s after their receipt',
    backfilled_events SimpleAggregateFunction(sum, UInt64) COMMENT 'events that came more than 7 days late',
    unmapped_staff SimpleAggregateFunction(sum, UInt64) COMMENT 'events whose member of staff no reference data knew when they were read',
    unmapped_patients SimpleAggregateFunction(sum, UInt64),
    unmapped_organisations SimpleAggregateFunction(sum, UInt64),
    numbered_events SimpleAggregateFunction(sum, UInt64) COMMENT 'events whose id ends in a number',
    lowest_number SimpleAggregateFunction(min, Nullable(UInt64)),
    highest_number SimpleAggregateFunction(max, Nullable(UInt64)),
    lowest_prefix SimpleAggregateFunction(min, Nullable(String)) COMMENT 'what stands before the number; one sequence where lowest and highest agree',
    highest_prefix SimpleAggregateFunction(max, Nullable(String)),
    last_occurred_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))) COMMENT 'latest event that was loaded in the hour',
    occurred_events SimpleAggregateFunction(sum, UInt64) COMMENT 'events that occurred in the hour, whenever they came'
)
ENGINE = AggregatingMergeTree
ORDER BY (dataset, source, hour)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- One row per dataset, source and hour in UTC: what arrived in the hour, and how many events occurred in it.
CREATE VIEW IF NOT EXISTS feed_hours AS
SELECT p.dataset AS dataset, p.source AS source, p.hour AS hour, sum(p.deliveries) AS deliveries,
    min(p.first_heard_at) AS first_heard_at, max(p.last_heard_at) AS last_heard_at,
    max(p.longest_gap_ms) AS longest_gap_ms, sum(p.stored) AS stored, sum(p.duplicates) AS duplicates,
    sum(p.conflicts) AS conflicts, sum(p.rejects) AS rejects, sumMap(p.rejects_by_code) AS rejects_by_code,
    sumMap(p.lateness) AS lateness, min(p.least_late_ms) AS least_late_ms, sum(p.ahead_events) AS ahead_events,
    sum(p.backfilled_events) AS backfilled_events, sum(p.unmapped_staff) AS unmapped_staff,
    sum(p.unmapped_patients) AS unmapped_patients, sum(p.unmapped_organisations) AS unmapped_organisations,
    sum(p.numbered_events) AS numbered_events, min(p.lowest_number) AS lowest_number,
    max(p.highest_number) AS highest_number, min(p.lowest_prefix) AS lowest_prefix,
    max(p.highest_prefix) AS highest_prefix, max(p.last_occurred_at) AS last_occurred_at,
    sum(p.occurred_events) AS occurred_events
FROM feed_hour_parts AS p
WHERE p.dataset != ''
GROUP BY p.dataset, p.source, p.hour;

-- Roll-ups of feeds read receipts and refusals by load. Both grow with every request, and lie in another order.
ALTER TABLE receipts ADD INDEX IF NOT EXISTS load_seq_range load_seq TYPE minmax GRANULARITY 1;
ALTER TABLE ingest_rejects ADD INDEX IF NOT EXISTS load_seq_range load_seq TYPE minmax GRANULARITY 1;
