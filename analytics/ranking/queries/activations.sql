-- What people switched, in the order in which they did.
SELECT detector_id, version, organisation_code, status
FROM activations
ORDER BY at, activation_id
