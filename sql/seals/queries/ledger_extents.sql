-- The loads whose ledger does not say the bounds, days and sources of its events: one row per load, with what differs.
--
-- The time of an erased event is gone with it, its day is not: with one among a load's events the bounds have to hold the
-- rest, and to be on the first and last day. The sources of a load are also those of its duplicates and refusals, which
-- are no events; its days also those that the erasure erased which it stands for. `more days` are right where the load
-- superseded events, on whose days it is too.
WITH
-- One row per load: what is still stored of it.
stored AS (
    SELECT e.load_seq AS load_seq, count() AS events, min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
        groupUniqArray(e.day) AS days, groupUniqArray(toString(e.source)) AS sources
    FROM access_events AS e
    WHERE e.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
    GROUP BY load_seq
),
-- One row per load: what was erased of it.
erased AS (
    SELECT x.load_seq AS load_seq, count() AS events, groupUniqArray(x.day) AS days
    FROM erased_events AS x
    WHERE x.load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
    GROUP BY load_seq
),
-- One row per erasure: the days that the load in its name has.
erasures AS (
    SELECT concat('erasure:', x.erasure_id) AS segment_id, groupUniqArray(x.day) AS days
    FROM erased_events AS x
    GROUP BY segment_id
),
-- One row per load of the ledger, with the days that it has to have.
said AS (
    SELECT g.load_seq AS load_seq, g.first_occurred_at AS first_at, g.last_occurred_at AS last_at, g.days AS days,
        g.sources AS sources, s.events AS stored_events, x.events AS erased_events, s.first_at AS stored_first_at,
        s.last_at AS stored_last_at, s.sources AS stored_sources, arrayConcat(s.days, x.days) AS event_days,
        arraySort(arrayDistinct(arrayConcat(s.days, x.days, r.days))) AS own_days
    FROM (
        SELECT load_seq, segment_id, first_occurred_at, last_occurred_at, days, sources
        FROM segments
        WHERE load_seq BETWEEN {from_load_seq:UInt64} AND {to_load_seq:UInt64}
    ) AS g
    LEFT JOIN stored AS s ON s.load_seq = g.load_seq
    LEFT JOIN erased AS x ON x.load_seq = g.load_seq
    LEFT JOIN erasures AS r ON r.segment_id = g.segment_id
)
SELECT toString(t.load_seq) AS load_seq, arrayFilter(name -> name != '', [
        if(multiIf(
            empty(t.event_days), isNull(t.first_at),
            isNull(t.first_at) OR toDate(t.first_at, 'Europe/London') != arrayMin(t.event_days), false,
            t.erased_events = 0, t.first_at = t.stored_first_at,
            t.stored_events = 0 OR t.first_at <= t.stored_first_at), '', 'first_occurred_at'),
        if(multiIf(
            empty(t.event_days), isNull(t.last_at),
            isNull(t.last_at) OR toDate(t.last_at, 'Europe/London') != arrayMax(t.event_days), false,
            t.erased_events = 0, t.last_at = t.stored_last_at,
            t.stored_events = 0 OR t.last_at >= t.stored_last_at), '', 'last_occurred_at'),
        multiIf(arraySort(t.days) = t.own_days, '', hasAll(t.days, t.own_days), 'more days', 'days'),
        if(hasAll(t.sources, t.stored_sources), '', 'sources')
    ]) AS fields
FROM said AS t
WHERE notEmpty(fields)
ORDER BY t.load_seq
