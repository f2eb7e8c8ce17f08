-- Built days, but for those given, on which an organisation is regional for an area of its patients by the flows as they
-- stand and not by those to come with the build of `days`, or the other way round. One row per day.
WITH
-- Explained patients by day, organisation and area, as they stand and as they will, where they differ.
changed AS (
    SELECT day, organisation_code, area_code,
        toInt64(sumIf(patients, is_new = 1)) - toInt64(sumIf(patients, is_new = 0)) AS more
    FROM (
        SELECT day, organisation_code, toString(area_code) AS area_code, explained_patients AS patients, 0 AS is_new
        FROM area_flows
        WHERE day IN {days:Array(Date)}
        UNION ALL
        SELECT day, organisation_code, toString(area_code) AS area_code, explained_patients AS patients, 1 AS is_new
        FROM area_flow_builds
        WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
    )
    GROUP BY day, organisation_code, area_code
    HAVING more != 0
),
-- The flows of those organisations before each candidate day, as they stand and as they will.
flows AS (
    SELECT day, organisation_code, area_code, toInt64(explained_patients) AS stands, toInt64(0) AS more FROM area_flows
    WHERE day >= subtractDays(arrayMin({candidates:Array(Date)}), {back_days:UInt32})
        AND day < arrayMax({candidates:Array(Date)}) AND explained_patients > 0
        AND organisation_code IN (SELECT organisation_code FROM changed)
    UNION ALL
    SELECT day, organisation_code, area_code, toInt64(0) AS stands, more FROM changed
),
learned AS (
    SELECT arrayJoin(arrayFilter(judged -> f.day < judged AND f.day >= subtractDays(judged, {back_days:UInt32}),
            {candidates:Array(Date)})) AS judged_day,
        f.organisation_code AS organisation_code, toString(f.area_code) AS area, sum(f.stands) AS before, sum(f.stands + f.more) AS after
    FROM flows AS f
    GROUP BY judged_day, f.organisation_code, area
),
-- The areas from which an organisation has a steady flow as a regional service, as regional_service.sql says it.
decided AS (
    SELECT judged_day, organisation_code, groupArray((area, before, after)) AS areas,
        arrayFilter(a -> a.1 != '' AND a.2 > 0 AND a.2 >= {flow_share_min:Float64} * sum(before), areas) AS wide_before,
        arrayFilter(a -> a.1 != '' AND a.3 > 0 AND a.3 >= {flow_share_min:Float64} * sum(after), areas) AS wide_after,
        if(sum(before) >= {explained_min:UInt32} AND length(wide_before) >= {areas_min:UInt32}
            AND max(before) <= {top_share_max:Float64} * sum(before), arraySort(arrayMap(a -> a.1, wide_before)), []) AS regional_before,
        if(sum(after) >= {explained_min:UInt32} AND length(wide_after) >= {areas_min:UInt32}
            AND max(after) <= {top_share_max:Float64} * sum(after), arraySort(arrayMap(a -> a.1, wide_after)), []) AS regional_after
    FROM learned
    GROUP BY judged_day, organisation_code
    HAVING regional_before != regional_after
)
SELECT DISTINCT toString(l.day) AS stale_day
FROM area_flows AS l
INNER JOIN decided AS d ON d.judged_day = l.day AND d.organisation_code = l.organisation_code
WHERE l.day IN {candidates:Array(Date)} AND has(regional_before, toString(l.area_code)) != has(regional_after, toString(l.area_code))
ORDER BY stale_day
