-- How far the days were marked, and how far loads are committed. One row.
SELECT
    (SELECT max(m.load_seq) FROM analytics_marks AS m WHERE m.name = 'days') AS marked,
    greatest(
        (SELECT max(s.load_seq) FROM segments AS s),
        (SELECT max(r.load_seq) FROM reference_loads AS r)
    ) AS committed
