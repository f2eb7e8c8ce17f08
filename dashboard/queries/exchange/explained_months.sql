-- One row per month: how many accesses by a person's own hand, and how many of them are explained at best with each
-- strength. The latest thirteen months with data.
SELECT toString(toStartOfMonth(day)) AS month, toString(min(day)) AS first_day, toString(max(day)) AS last_day,
    toFloat64(sum(accesses)) AS access_count, toFloat64(sum(person)) AS person_count, toFloat64(sum(team)) AS team_count,
    toFloat64(sum(organisation)) AS organisation_count, toFloat64(sum(inferred)) AS inferred_count
FROM link_coverage
WHERE day >= addMonths(toStartOfMonth((SELECT max(d.day) FROM day_builds AS d)), -12)
GROUP BY month
ORDER BY month
