-- The newest params that people set for the detectors: one row per detector and organisation ('' for all).
SELECT detector_id, organisation_code, argMax(p.params, p.params_version) AS params, max(p.params_version) AS params_version
FROM detector_params AS p
WHERE p.detector_id IN {detector_ids:Array(String)}
GROUP BY p.detector_id, p.organisation_code
