-- One row per receipt of the segment: what became of its events. Rows of an attempt that did not end stand.
INSERT INTO receipts (receipt, source, load_seq, stored, duplicates, conflicts)
SELECT lines.receipt, any(lines.source), {load_seq:UInt64},
    countIf(lines.record = 'event' AND verdicts.verdict NOT IN ('duplicate', 'conflict')),
    countIf(verdicts.verdict = 'duplicate'),
    countIf(verdicts.verdict = 'conflict')
FROM segment_lines AS lines
LEFT JOIN segment_verdicts AS verdicts
    ON verdicts.segment_position = lines.segment_position AND lines.record = 'event'
WHERE lines.receipt != ''
    AND (lines.receipt, {load_seq:UInt64}) NOT IN (
        SELECT receipt, load_seq FROM receipts WHERE receipt IN (SELECT DISTINCT receipt FROM segment_lines)
    )
GROUP BY lines.receipt
