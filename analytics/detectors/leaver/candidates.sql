-- The days on which anybody newly used the record of whom an employer states a last day that was passed, or a first one
-- yet to come, on any of the days.
WITH
used AS MATERIALIZED (
    SELECT DISTINCT day, staff_id_system, staff_id
    FROM access_events
    WHERE load_seq > {after_load_seq:UInt64} AND load_seq <= {to_load_seq:UInt64} AND day IN {days:Array(Date)}
        AND trigger != 'system' AND outcome IN ('success', 'unknown')
),
dated AS MATERIALIZED (
    SELECT staff_id_system, staff_id FROM staff
    WHERE ends_on < arrayMax({days:Array(Date)}) OR starts_on > arrayMin({days:Array(Date)})
),
-- All identifiers of such persons, whenever they were theirs.
identifiers AS (
    SELECT staff_id_system, staff_id FROM dated
    UNION DISTINCT
    SELECT j.staff_id_system AS staff_id_system, j.staff_id AS staff_id
    FROM staff_identities AS i
    INNER JOIN staff_identities AS j ON j.person_key = i.person_key
    WHERE (i.staff_id_system, i.staff_id) IN (SELECT staff_id_system, staff_id FROM dated)
)
SELECT DISTINCT toString(u.day) AS day
FROM used AS u
WHERE (u.staff_id_system, u.staff_id) IN (SELECT staff_id_system, staff_id FROM identifiers)
