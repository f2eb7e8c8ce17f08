-- A week of a source, hour by hour: how many events occurred, and the forecast of each hour. The forecast is the median of
-- the same hour of the week, by local time, in the eight weeks before; a bank holiday has the hours of a Sunday. Its spread
-- is the median absolute deviation in the measure of a standard deviation, and that of chance at least.
WITH
toStartOfHour(fromUnixTimestamp64Milli({now:Int64}, 'UTC')) AS to_hour,
to_hour - INTERVAL 7 DAY AS from_hour,
(h -> toUInt16(if(has({bank_holidays:Array(Date)}, toDate(h, 'Europe/London')), 7,
    toDayOfWeek(toTimeZone(h, 'Europe/London'))) * 24 + toHour(toTimeZone(h, 'Europe/London')))) AS slotOf,
known AS (
    SELECT hour, occurred_events, stored, duplicates, rejects + conflicts AS refused
    FROM feed_hours
    WHERE source = {source:String} AND dataset = 'access_events'
),
first_known AS (
    SELECT minIf(known.hour, known.occurred_events > 0) AS first_hour FROM known
),
grid AS (
    SELECT from_hour + ahead * 3600 AS hour, slotOf(hour) AS slot
    FROM (SELECT arrayJoin(range(-1344, 169)) AS ahead)
),
hours AS (
    SELECT g.hour AS hour, g.slot AS slot, toFloat64(k.occurred_events) AS events, toFloat64(k.stored) AS stored,
        toFloat64(k.duplicates) AS duplicates, toFloat64(k.refused) AS refused
    FROM grid AS g
    LEFT JOIN known AS k ON k.hour = g.hour
    WHERE g.hour >= (SELECT first_hour FROM first_known) OR g.hour >= from_hour
),
slots AS (
    SELECT slot, groupArray(events) AS before, length(before) AS weeks,
        arrayReduce('quantileExact(0.5)', before) AS forecast,
        greatest(sqrt(forecast), 1.4826 * arrayReduce('quantileExact(0.5)', arrayMap(n -> abs(n - forecast), before))) AS spread
    FROM hours
    WHERE hour < from_hour
    GROUP BY slot
)
SELECT toFloat64(toUnixTimestamp(h.hour)) * 1000 AS at_ms, h.events AS events, h.stored AS stored, h.duplicates AS duplicates,
    h.refused AS refused,
    -- Four weeks at least, or there is no forecast.
    if(s.weeks >= 4, toNullable(s.forecast), NULL) AS forecast, if(s.weeks >= 4, toNullable(s.spread), NULL) AS spread
FROM hours AS h
LEFT JOIN slots AS s ON s.slot = h.slot
WHERE h.hour >= from_hour
ORDER BY h.hour
