-- The build of the queue that is shown, and how much of it the viewer's organisations have. One row.
SELECT
    toFloat64(toUnixTimestamp64Milli((SELECT max(queue_builds.built_at) FROM queue_builds))) AS built_at_ms,
    -- How many there are of the whole exchange is nobody's of one organisation.
    (SELECT argMax(queue_builds.left_out_alerts, queue_builds.build) FROM queue_builds) > 0 AS is_cut,
    toUInt32(countIf(place > 0)) AS shown, toUInt32(countIf(place = 0)) AS below
FROM queue_entries
WHERE organisation_code IN {organisation_codes:Array(String)}
    AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
