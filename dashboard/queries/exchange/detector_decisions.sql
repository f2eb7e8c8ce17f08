-- What people switched on and off, and which thresholds they set, for a detector: the latest first.
SELECT 'activation' AS kind, organisation_code, status AS what, author_name, ground AS reason, sample,
    toFloat64(toUnixTimestamp64Milli(activations.at)) AS at_ms
FROM activations
WHERE detector_id = {detector_id:String}
    AND ({is_all:Bool} OR organisation_code = '' OR organisation_code IN {codes:Array(String)})
UNION ALL
SELECT 'params' AS kind, p.organisation_code AS organisation_code, p.params AS what, u.name AS author_name,
    p.reason AS reason, '' AS sample, toFloat64(toUnixTimestamp64Milli(p.set_at)) AS at_ms
FROM detector_params AS p
LEFT JOIN
(
    SELECT user_id, argMax(user_versions.name, user_versions.version) AS name
    FROM user_versions
    GROUP BY user_id
) AS u ON u.user_id = p.author
WHERE p.detector_id = {detector_id:String}
    AND ({is_all:Bool} OR p.organisation_code = '' OR p.organisation_code IN {codes:Array(String)})
ORDER BY at_ms DESC
LIMIT 50
