-- What else is known of the access: colleagues who opened the same record that day, the days on which this member of
-- staff did within 90 days, a tie that they declared, and whether a registration was open.
WITH
    this AS MATERIALIZED
    (
        SELECT staff_id_system, staff_id, organisation_code, patient_id, day
        FROM alerts
        WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
            AND patient_id != ''
    ),
    opened AS MATERIALIZED
    (
        SELECT organisation_code, staff_id_system, staff_id, patient_id, day, role_name
        FROM accesses
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND patient_id IN (SELECT patient_id FROM this)
            AND day >= (SELECT day - 90 FROM this) AND day <= (SELECT day FROM this)
    ),
    colleagues AS
    (
        SELECT uniqExact(staff_id_system, staff_id) AS colleagues, groupUniqArray(5)(role_name) AS colleague_roles
        FROM opened
        WHERE (organisation_code, day) IN (SELECT organisation_code, day FROM this)
            AND (staff_id_system, staff_id) NOT IN (SELECT staff_id_system, staff_id FROM this)
    ),
    own_days AS
    (
        SELECT uniqExact(day) AS days
        FROM opened
        WHERE (organisation_code, staff_id_system, staff_id) IN (SELECT organisation_code, staff_id_system, staff_id FROM this)
    ),
    ties AS
    (
        SELECT count() AS declared
        FROM declared_ties
        WHERE ended_at IS NULL
            AND (staff_id_system, staff_id, patient_id) IN (SELECT staff_id_system, staff_id, patient_id FROM this)
    ),
    registrations AS
    (
        SELECT count() AS registered
        FROM care_relationships
        WHERE kind = 'registration' AND ended_at IS NULL
            AND (patient_id, organisation_code) IN (SELECT patient_id, organisation_code FROM this)
            AND toDate(starts_at, 'Europe/London') <= (SELECT day FROM this)
            AND (ends_at IS NULL OR toDate(ends_at, 'Europe/London') >= (SELECT day FROM this))
    )
SELECT toUInt32(colleagues) AS colleagues, arrayFilter(x -> x != '', colleague_roles) AS colleague_roles,
    toUInt32(days) AS days, declared > 0 AS is_tie_declared, registered > 0 AS is_registered
FROM colleagues, own_days, ties, registrations
