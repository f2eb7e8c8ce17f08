-- The sources that sent events of the viewer's organisations within four weeks of the latest day.
SELECT DISTINCT toString(source) AS source
FROM access_events
WHERE day >= (SELECT max(day_builds.day) - 28 FROM day_builds)
    AND organisation_code IN {organisation_codes:Array(String)}
ORDER BY source
