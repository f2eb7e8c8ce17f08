-- The viewer's organisations by name.
SELECT organisation_code, name
FROM organisations
WHERE organisation_code IN {organisation_codes:Array(String)}
ORDER BY name, organisation_code
