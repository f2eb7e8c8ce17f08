-- What stands behind the accesses that alerts cite: one row per alert and access that is built, with its strongest
-- explanation, the share of all that the organisation's staff open of which feeds tell, and who else there opened the record
-- within `company_days` either side, a few of them. An alert of one patient cites that access; one of a person and no one
-- patient cites the accesses of its day with the events that it names.
WITH
shares AS (
    SELECT organisation_code, (sum(toUInt64(organisation)) + sum(team) + sum(person)) / sum(accesses) AS explained
    FROM link_coverage
    GROUP BY organisation_code
),
standing AS (
    SELECT alert_id, day, organisation_code, staff_id_system, staff_id, patient_id, event_ids
    FROM alert_versions
    WHERE detector_id IN {detector_ids:Array(String)} AND staff_id != ''
    ORDER BY version DESC
    LIMIT 1 BY alert_id
),
-- Events of the days of alerts that name no one patient.
cited AS (
    SELECT s.alert_id AS alert_id, s.day AS day, s.organisation_code AS organisation_code,
        s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, e.patient_id AS patient_id
    FROM committed_events AS e
    INNER JOIN standing AS s ON s.day = e.day AND s.organisation_code = e.organisation_code AND s.staff_id = e.staff_id
        AND s.staff_id_system = e.staff_id_system
    WHERE (e.day, e.organisation_code, e.staff_id) IN (
            SELECT day, organisation_code, staff_id FROM standing WHERE patient_id = '')
        AND s.patient_id = '' AND e.patient_id != '' AND has(s.event_ids, e.event_id)
),
named AS (
    SELECT alert_id, day, organisation_code, staff_id_system, staff_id, patient_id FROM standing WHERE patient_id != ''
    UNION DISTINCT
    SELECT alert_id, day, organisation_code, staff_id_system, staff_id, patient_id FROM cited
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
    arrayFirst(look -> look.1 = n.day AND look.2 = n.staff_id_system AND look.3 = n.staff_id, l.looks).4 AS strength,
    s.explained AS explained_share,
    arraySlice(arraySort(arrayDistinct(arrayMap(look -> (look.2, look.3), arrayFilter(
        look -> abs(look.1 - n.day) <= {company_days:UInt8} AND (look.2, look.3) != (n.staff_id_system, n.staff_id),
        l.looks)))), 1, {companions_max:UInt8}) AS companions
FROM named AS n
INNER JOIN looked AS l ON l.organisation_code = n.organisation_code AND l.patient_id = n.patient_id
INNER JOIN shares AS s ON s.organisation_code = n.organisation_code
WHERE strength != ''
