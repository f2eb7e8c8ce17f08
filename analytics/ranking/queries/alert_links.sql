-- What stands behind the access that an alert names: one row per alert of one person and one patient whose access is
-- built, with its strongest explanation, the share of all that the organisation's staff open of which feeds tell, and who
-- else there opened the record within `company_days` either side, a few of them.
WITH
shares AS (
    SELECT organisation_code, (sum(toUInt64(organisation)) + sum(team) + sum(person)) / sum(accesses) AS explained
    FROM link_coverage
    GROUP BY organisation_code
),
named AS (
    SELECT DISTINCT alert_id, day, organisation_code, staff_id_system, staff_id, patient_id
    FROM alert_versions
    WHERE detector_id IN {detector_ids:Array(String)} AND patient_id != '' AND staff_id != ''
),
-- Who opened those records in those organisations: one row per record and organisation.
looked AS (
    SELECT a.organisation_code AS organisation_code, a.patient_id AS patient_id,
        groupArray((a.day, a.staff_id_system, a.staff_id, toString(a.strength))) AS looks
    FROM access_links AS a
    WHERE (a.organisation_code, a.patient_id) IN (SELECT organisation_code, patient_id FROM named)
    GROUP BY a.organisation_code, a.patient_id
)
SELECT n.alert_id AS alert_id,
    any(arrayFirst(look -> look.1 = n.day AND look.2 = n.staff_id_system AND look.3 = n.staff_id, l.looks)).4 AS strength,
    any(s.explained) AS explained_share,
    arraySlice(arraySort(groupUniqArrayArray(arrayMap(look -> (look.2, look.3), arrayFilter(
        look -> abs(look.1 - n.day) <= {company_days:UInt8} AND (look.2, look.3) != (n.staff_id_system, n.staff_id),
        l.looks)))), 1, {companions_max:UInt8}) AS companions
FROM named AS n
INNER JOIN looked AS l ON l.organisation_code = n.organisation_code AND l.patient_id = n.patient_id
INNER JOIN shares AS s ON s.organisation_code = n.organisation_code
GROUP BY n.alert_id
HAVING strength != ''
