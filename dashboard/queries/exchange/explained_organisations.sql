-- One row per organisation with accesses in the month: how many, how many of them are explained, and by how many staff.
WITH
    named AS (SELECT organisation_code, o.name AS organisation_name, o.type AS organisation_type FROM organisations AS o),
    active AS
    (
        SELECT organisation_code, uniqExact(staff_id_system, staff_id) AS staff_count
        FROM staff_days
        WHERE toStartOfMonth(day) = {month:Date}
        GROUP BY organisation_code
    )
SELECT organisation_code AS code, any(named.organisation_name) AS name, any(named.organisation_type) AS type,
    toFloat64(any(active.staff_count)) AS staff, toFloat64(sum(accesses)) AS access_count,
    toFloat64(sum(person)) AS person_count, toFloat64(sum(team)) AS team_count,
    toFloat64(sum(organisation)) AS organisation_count, toFloat64(sum(inferred)) AS inferred_count
FROM link_coverage
LEFT JOIN named USING (organisation_code)
LEFT JOIN active USING (organisation_code)
WHERE toStartOfMonth(day) = {month:Date}
GROUP BY organisation_code
ORDER BY organisation_code
LIMIT 20000
