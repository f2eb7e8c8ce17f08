-- The open items of the queue of the viewer's organisations in the four weeks up to a day: to be looked at, and below the
-- budget. An item is of the week of its last access, as its budget is. One row per organisation and week, of which Monday
-- is the day.
SELECT organisation_code, toString(week) AS monday, toUInt32(countIf(place > 0)) AS shown,
    toUInt32(countIf(place = 0)) AS below
FROM queue_entries
WHERE organisation_code IN {organisation_codes:Array(String)}
    AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
    AND week > {to_day:Date} - 28 AND week <= {to_day:Date}
GROUP BY organisation_code, queue_entries.week
ORDER BY organisation_code, queue_entries.week DESC
