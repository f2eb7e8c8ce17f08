-- The days that staff whose shifts changed were active, searches included, from five weeks before the first of those
-- shifts to five weeks after the last: so far around a day may a detector ask whether somebody is rostered at all. A
-- shift that moves is another key, and the one that it replaces ends with a row of its own: both are found by their times.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
-- One row per identifier with changed shifts.
changed AS (
    SELECT v.staff_id_system AS staff_id_system, v.staff_id AS staff_id,
        subtractDays(toDate32(min(v.starts_at), 'Europe/London'), 35) AS from_day,
        addDays(toDate32(max(v.ends_at), 'Europe/London'), 35) AS last_day
    FROM rosters_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
    GROUP BY v.staff_id_system, v.staff_id
),
-- The same for the other identifiers of those persons.
users AS (
    SELECT c.staff_id_system AS staff_id_system, c.staff_id AS staff_id, c.from_day AS from_day, c.last_day AS last_day
    FROM changed AS c
    UNION DISTINCT
    SELECT q.staff_id_system AS staff_id_system, q.staff_id AS staff_id, c.from_day AS from_day, c.last_day AS last_day
    FROM changed AS c
    INNER JOIN staff_people AS p ON p.staff_id_system = c.staff_id_system AND p.staff_id = c.staff_id
    INNER JOIN staff_people AS q ON q.person_key = p.person_key
)
SELECT DISTINCT d.day, {to_load_seq:UInt64} AS load_seq, 'rosters' AS cause
FROM staff_days AS d
INNER JOIN users AS u ON u.staff_id_system = d.staff_id_system AND u.staff_id = d.staff_id
WHERE d.day >= u.from_day AND d.day <= u.last_day
