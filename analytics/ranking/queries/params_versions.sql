-- The newest version of the params of each detector for which people set any.
SELECT detector_id, toUInt32(max(p.params_version)) AS params_version
FROM detector_params AS p
GROUP BY p.detector_id
