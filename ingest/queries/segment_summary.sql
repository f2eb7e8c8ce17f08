-- One row: what the ledger says of the segment in the working tables.
SELECT
    arraySort(groupUniqArrayIf(toString(lines.source), lines.source != '')) AS sources,
    toUInt32(countIf(lines.record = 'event')) AS received,
    toUInt32(countIf(lines.record = 'reject')) AS rejects,
    toUInt32(countIf(lines.record = 'message')) AS messages,
    toUInt32(countIf(lines.record IN ('supersede', 'resolve'))) AS rerun_effects,
    toUInt32(countIf(verdicts.verdict = 'duplicate')) AS duplicates,
    toUInt32(countIf(verdicts.verdict = 'conflict')) AS conflicts,
    toUInt32(countIf(lines.record = 'event' AND verdicts.verdict NOT IN ('duplicate', 'conflict'))) AS stored,
    minIf(lines.occurred_at, lines.record = 'event' AND verdicts.verdict NOT IN ('duplicate', 'conflict'))
        AS first_occurred_at_ms,
    maxIf(lines.occurred_at, lines.record = 'event' AND verdicts.verdict NOT IN ('duplicate', 'conflict'))
        AS last_occurred_at_ms,
    arraySort(groupUniqArrayIf(
        toDate(fromUnixTimestamp64Milli(lines.occurred_at, 'UTC'), 'Europe/London'),
        lines.record IN ('event', 'supersede') AND verdicts.verdict NOT IN ('duplicate', 'conflict'))) AS days
FROM segment_lines AS lines
LEFT JOIN segment_verdicts AS verdicts
    ON verdicts.segment_position = lines.segment_position AND lines.record = 'event'
