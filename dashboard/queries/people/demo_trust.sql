-- The trust (acute, mental health or community) with the most open alerts; another organisation with alerts, or another trust, where there is none.
WITH open_alerts AS
(
    SELECT organisation_code, count() AS alerts
    FROM alerts
    WHERE status = 'open'
    GROUP BY organisation_code
)
SELECT organisation_code, max(organisation_name) AS name
FROM
(
    SELECT organisation_code, name AS organisation_name, type, 0 AS alerts
    FROM organisations
    WHERE ended_at IS NULL
    UNION ALL
    SELECT organisation_code, '' AS organisation_name, '' AS type, alerts
    FROM open_alerts
)
GROUP BY organisation_code
ORDER BY max(type) IN ('acute', 'mental_health', 'community') AND sum(alerts) > 0 DESC, sum(alerts) DESC, max(type) = 'acute' DESC, organisation_code
LIMIT 1
