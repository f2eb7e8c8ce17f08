-- How many events each of the days has, to cut the days in batches of bounded memory.
SELECT toString(day) AS day, count() AS events
FROM access_events
WHERE day IN {days:Array(Date)}
GROUP BY access_events.day
