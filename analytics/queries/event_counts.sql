-- How many events each of the days has, to cut the days in batches of bounded memory.
SELECT toString(e.day) AS local_day, count() AS events
FROM access_events AS e
WHERE e.day IN {days:Array(Date)}
GROUP BY e.day
