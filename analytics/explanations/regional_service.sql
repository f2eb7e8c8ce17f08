/* @explanation
id: regional_service
version: 1
title: A service that patients of the area come to
stage: learned
needs: [patients, organisations]
params: { back_days: 90, explained_min: 100, flow_share_min: 0.01, areas_min: 3, top_share_max: 0.6 }
@explanation */
WITH
-- The area of each patient on each day, as the flows have it: their own, else that of their practice.
areas_of AS (
    SELECT b.day AS day, b.staff_id_system AS staff_id_system, b.staff_id AS staff_id,
        b.organisation_code AS organisation_code, b.patient_id AS patient_id,
        if(p.area_code != '', p.area_code, o.area_code) AS area_code
    FROM access_builds AS b
    INNER JOIN (
        SELECT patient_id, toString(area_code) AS area_code, gp_practice_code FROM patients
        WHERE patient_id IN (SELECT patient_id FROM access_builds WHERE build = {build:UInt64} AND day IN {days:Array(Date)})
    ) AS p ON p.patient_id = b.patient_id
    LEFT JOIN (SELECT organisation_code, toString(area_code) AS area_code FROM organisations) AS o
        ON o.organisation_code = p.gp_practice_code
    WHERE b.build = {build:UInt64} AND b.day IN {days:Array(Date)}
),
-- Explained patients by day, organisation and area: of the days of this build, and of those that stand.
flows AS (
    SELECT day, organisation_code, toString(area_code) AS area_code, explained_patients
    FROM area_flow_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND explained_patients > 0
    UNION ALL
    SELECT day, organisation_code, toString(area_code) AS area_code, explained_patients
    FROM area_flows
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {back_days:UInt32}) AND day < arrayMax({days:Array(Date)})
        AND day NOT IN {days:Array(Date)} AND explained_patients > 0
),
-- What each organisation's care on record was over the whole days before: one row per judged day and organisation.
learned AS (
    SELECT arrayJoin(arrayFilter(judged -> f.day < judged AND f.day >= subtractDays(judged, {back_days:UInt32}),
            {days:Array(Date)})) AS judged_day,
        f.organisation_code AS organisation_code, sum(f.explained_patients) AS explained,
        sumMap(map(f.area_code, toUInt64(f.explained_patients))) AS by_area
    FROM flows AS f
    GROUP BY judged_day, f.organisation_code
),
-- One row per day, organisation and area from which it has a steady flow, where it has such flows from several areas and
-- none of them is most of it: a hospital's own area would be.
regional AS (
    SELECT judged_day, organisation_code,
        arrayJoin(arrayFilter((area_code, patients) -> area_code != '' AND patients >= {flow_share_min:Float64} * explained,
            mapKeys(by_area), mapValues(by_area)) AS wide) AS area_code
    FROM learned
    WHERE explained >= {explained_min:UInt32} AND length(wide) >= {areas_min:UInt32}
        AND arrayMax(mapValues(by_area)) <= {top_share_max:Float64} * explained
)
SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
    a.organisation_code AS organisation_code, a.patient_id AS patient_id,
    'inferred' AS strength, concat('flow from ', a.area_code) AS evidence
FROM areas_of AS a
INNER JOIN regional AS r ON r.judged_day = a.day AND r.organisation_code = a.organisation_code AND r.area_code = a.area_code
