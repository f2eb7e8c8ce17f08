-- How many staff the directory has, in the given organisations or in all. One row.
SELECT toUInt32(uniqExact(staff_id_system, staff_id)) AS staff
FROM staff
WHERE isNull(ended_at) AND ({is_all:Bool} OR organisation_code IN {codes:Array(String)})
