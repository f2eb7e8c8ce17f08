-- The newest params that people set, one row per organisation ('' for all).
SELECT organisation_code, argMax(p.params, p.params_version) AS params, max(p.params_version) AS params_version
FROM detector_params AS p
WHERE p.detector_id = {detector_id:String}
GROUP BY p.organisation_code
