-- The newest thresholds that people set for a detector, by organisation ('' for all), and the number of the next ones.
SELECT organisation_code, argMax(p.params, p.params_version) AS params,
    toUInt32((SELECT max(n.params_version) FROM detector_params AS n WHERE n.detector_id = {detector_id:String})) AS latest
FROM detector_params AS p
WHERE p.detector_id = {detector_id:String}
GROUP BY p.organisation_code
