-- Openings, view events and distinct staff by month, and by area or organisation type where asked.
-- Exact figures: they leave the server only through suppression.
WITH places AS
(
    SELECT organisation_code, type AS organisation_type, organisations.area_code AS place_area_code, area_name
    FROM organisations
    LEFT JOIN (SELECT area_code, name AS area_name FROM areas) AS named USING (area_code)
)
SELECT toString(toStartOfMonth(day)) AS month,
    multiIf({by:String} = 'area', toString(place_area_code), {by:String} = 'organisation_type', toString(organisation_type), '') AS code,
    if({by:String} = 'area', max(area_name), '') AS name,
    toFloat64(sum(openings)) AS opening_count, toFloat64(sum(views)) AS view_count,
    toFloat64(uniqExactIf((staff_id_system, staff_id), views > 0)) AS staff_count,
    toString(min(day)) AS first_day, toString(max(day)) AS last_day
FROM staff_days
LEFT JOIN places USING (organisation_code)
GROUP BY month, code
ORDER BY month, code
LIMIT 20000
