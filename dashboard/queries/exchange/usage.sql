-- Openings, view events and distinct staff by month, and by area or organisation type where asked.
-- Exact figures: they leave the server only through suppression.
WITH
    places AS
    (
        SELECT organisation_code, type AS organisation_type, area_code
        FROM organisations
    ),
    named_areas AS
    (
        SELECT area_code, name AS area_name
        FROM areas
    )
SELECT toString(toStartOfMonth(day)) AS month,
    multiIf({by:String} = 'area', toString(area_code), {by:String} = 'organisation_type', toString(organisation_type), '') AS code,
    if({by:String} = 'area', any(area_name), '') AS name,
    toFloat64(sum(openings)) AS opening_count, toFloat64(sum(views)) AS view_count,
    toFloat64(uniqExactIf((staff_id_system, staff_id), views > 0)) AS staff_count,
    toString(min(day)) AS first_day, toString(max(day)) AS last_day
FROM staff_days
LEFT JOIN places USING (organisation_code)
LEFT JOIN named_areas ON named_areas.area_code = places.area_code
GROUP BY month, code
ORDER BY month, code
LIMIT 20000
