-- What stands behind the accesses that alerts of some days cite: one row per alert that stands and access that is built, with its
-- strongest explanation, how many kinds of care explain it at first hand, the share of all that the organisation's staff open of which feeds tell, and who else there opened
-- the record within `company_days` either side, a few of them. An alert of one patient cites that access; one of a person
-- and no one patient cites the accesses of its day with the events that it names.
WITH
shares AS (
    SELECT organisation_code, (sum(toUInt64(organisation)) + sum(team) + sum(person)) / sum(accesses) AS explained
    FROM link_coverage
    GROUP BY organisation_code
),
-- Events are read of the few alerts that name no one patient: the others have very many.
cited AS (
    SELECT s.alert_id AS alert_id, s.day AS day, s.organisation_code AS organisation_code,
        s.staff_id_system AS staff_id_system, s.staff_id AS staff_id, e.patient_id AS patient_id
    FROM committed_events AS e
    INNER JOIN (
        SELECT alert_id, day, organisation_code, staff_id_system, staff_id, event_ids, change
        FROM alert_versions
        WHERE detector_id IN {detector_ids:Array(String)} AND staff_id != '' AND patient_id = ''
            AND day >= {from_day:Date} AND day <= {to_day:Date}
        ORDER BY version DESC
        LIMIT 1 BY alert_id
    ) AS s ON s.day = e.day AND s.organisation_code = e.organisation_code AND s.staff_id = e.staff_id
        AND s.staff_id_system = e.staff_id_system
    WHERE (e.day, e.organisation_code, e.staff_id) IN (
            SELECT day, organisation_code, staff_id FROM alert_versions
            WHERE detector_id IN {detector_ids:Array(String)} AND staff_id != '' AND patient_id = ''
                AND day >= {from_day:Date} AND day <= {to_day:Date})
        AND s.change != 'withdrawn' AND e.patient_id != '' AND has(s.event_ids, e.event_id)
),
named AS MATERIALIZED (
    SELECT alert_id, argMax(v.day, v.version) AS day, argMax(v.organisation_code, v.version) AS organisation_code,
        argMax(v.staff_id_system, v.version) AS staff_id_system, argMax(v.staff_id, v.version) AS staff_id,
        argMax(v.patient_id, v.version) AS patient_id
    FROM alert_versions AS v
    WHERE v.detector_id IN {detector_ids:Array(String)} AND v.staff_id != '' AND v.patient_id != ''
        AND v.day >= {from_day:Date} AND v.day <= {to_day:Date}
    GROUP BY alert_id
    HAVING argMax(v.change, v.version) != 'withdrawn'
    UNION DISTINCT
    SELECT alert_id, day, organisation_code, staff_id_system, staff_id, patient_id FROM cited
)
-- The looks of years at a record pass by; what is kept of them is one explanation and a few names.
SELECT n.alert_id AS alert_id,
    anyIf(toString(a.strength), a.day = n.day AND a.staff_id_system = n.staff_id_system AND a.staff_id = n.staff_id) AS strength,
    maxIf(length(arrayIntersect(a.explanation_ids, {first_hand_ids:Array(String)})), a.day = n.day
        AND a.staff_id_system = n.staff_id_system AND a.staff_id = n.staff_id) AS kinds_of_care,
    any(s.explained) AS explained_share,
    groupUniqArrayIf({companions_max:UInt8})((toString(a.staff_id_system), a.staff_id),
        (a.staff_id_system, a.staff_id) != (n.staff_id_system, n.staff_id)) AS companions
FROM access_links AS a
INNER JOIN named AS n ON n.organisation_code = a.organisation_code AND n.patient_id = a.patient_id
INNER JOIN shares AS s ON s.organisation_code = a.organisation_code
WHERE (a.organisation_code, a.patient_id) IN (SELECT organisation_code, patient_id FROM named)
    AND a.day >= subtractDays({from_day:Date}, {company_days:UInt8}) AND a.day <= addDays({to_day:Date}, {company_days:UInt8})
    AND abs(a.day - n.day) <= {company_days:UInt8}
GROUP BY n.alert_id, n.patient_id
HAVING strength != ''
