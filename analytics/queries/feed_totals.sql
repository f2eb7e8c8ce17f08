-- What the hours of feeds add up to, and what the ledger says of the same loads: one row. The hours hold fewer where
-- events were replaced by revisions, which stand in the ledger twice.
WITH (SELECT max(p.load_seq) FROM feed_hour_parts AS p) AS read_seq
SELECT
    (SELECT sum(p.stored) FROM feed_hour_parts AS p WHERE p.dataset = 'access_events') AS rolled_up,
    (SELECT sum(p.occurred_events) FROM feed_hour_parts AS p) AS occurred,
    (SELECT sum(s.stored) FROM segments AS s WHERE s.load_seq <= read_seq)
        - (SELECT count() FROM superseded_events AS e WHERE e.load_seq <= read_seq AND e.replaced_by != '') AS ledger
