-- How late the events of a source came in the last four weeks: one row per bound of the histogram that any event fell under.
WITH (
    SELECT sumMap(lateness) FROM feed_hours
    WHERE source = {source:String} AND dataset = 'access_events'
        AND hour >= toStartOfHour(fromUnixTimestamp64Milli({now:Int64}, 'UTC')) - INTERVAL 28 DAY
) AS late
SELECT toFloat64(pair.1) AS at_most_s, toFloat64(pair.2) AS events
FROM (SELECT arrayJoin(arraySort(arrayZip(mapKeys(late), mapValues(late)))) AS pair)
ORDER BY at_most_s
