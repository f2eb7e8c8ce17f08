-- One alert of the viewer's organisations, with whom it is about. Nothing personal of the staff member is read, and of
-- the patient only what says who they are; where a protected address is flagged, nothing of where they live.
WITH
    this AS MATERIALIZED
    (
        SELECT alert_id, detector_id, detector_version, severity, status, staff_id_system, staff_id, organisation_code,
            patient_id, day, first_at, last_at, raised_at, event_ids, score, facts, reason, change_reason, version
        FROM alerts
        WHERE alert_id = {alert_id:String} AND organisation_code IN {organisation_codes:Array(String)}
            AND NOT has({own_staff:Array(String)}, concat(staff_id_system, '|', staff_id))
    ),
    places AS
    (
        SELECT organisation_code, name AS organisation_name, type AS organisation_type
        FROM organisations
        WHERE organisation_code IN {organisation_codes:Array(String)}
    ),
    known AS
    (
        SELECT staff_id_system, staff_id, organisation_code, name AS known_name, role_name AS known_role, team AS known_team
        FROM staff
        WHERE organisation_code IN {organisation_codes:Array(String)}
            AND (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM this)
    ),
    person AS
    (
        SELECT patient_id, surname AS patient_surname, toString(date_of_birth) AS born_on, gp_practice_code,
            has(flags, 'protected_address') AS is_protected
        FROM patients
        WHERE patient_id IN (SELECT patient_id FROM this)
    ),
    practices AS
    (
        SELECT organisation_code AS practice_code, name AS practice_name
        FROM organisations
        WHERE organisation_code IN (SELECT gp_practice_code FROM person)
    )
SELECT alert_id, detector_id, detector_version, severity, status, this.staff_id_system AS staff_id_system,
    this.staff_id AS staff_id, known_name, known_role, known_team, this.organisation_code AS organisation_code,
    organisation_name, organisation_type, this.patient_id AS patient_id, patient_surname, born_on,
    if(is_protected, '', practice_name) AS practice_name, is_protected,
    NOT is_protected AND gp_practice_code != '' AND gp_practice_code = this.organisation_code AS is_registered_here,
    toString(day) AS day, toFloat64(toUnixTimestamp64Milli(first_at)) AS first_at_ms,
    toFloat64(toUnixTimestamp64Milli(last_at)) AS last_at_ms,
    toFloat64(toUnixTimestamp64Milli(raised_at)) AS raised_at_ms, toUInt32(length(event_ids)) AS events,
    score, facts, reason, change_reason, version
FROM this
LEFT JOIN places USING (organisation_code)
LEFT JOIN known USING (staff_id_system, staff_id, organisation_code)
LEFT JOIN person USING (patient_id)
LEFT JOIN practices ON practice_code = gp_practice_code
