-- What each detector may do: for all ('') and for the organisations that decided for themselves.
SELECT detector_id, organisation_code, status
FROM detector_statuses
WHERE {is_all:Bool} OR organisation_code = '' OR organisation_code IN {codes:Array(String)}
ORDER BY detector_id, organisation_code
