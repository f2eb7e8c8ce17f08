/* @explanation
id: named_clinician
version: 1
title: Named in the patient's care, or treating beside who is named
needs: [care_relationships]
params: { before_days: 14, after_days: 30 }
@explanation */
WITH
-- Relationships of any kind that were current, or nearly so, on the day of the access.
current_links AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, relationship_id, starts_on, named_staff_id, strength
    FROM access_relationship_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND NOT is_related
        AND kind IN ('registration', 'appointment', 'admission', 'referral', 'caseload', 'emergency_attendance',
            'urgent_call', 'conveyance')
        AND addDays(day, {before_days:Int32}) >= starts_on AND addDays(day, -{after_days:Int32}) <= last_on
),
-- One row per identifier, organisation and team.
teams AS (
    SELECT DISTINCT staff_id_system, staff_id, organisation_code, team FROM staff WHERE team != ''
),
-- The named person looked that day too: one row per day, patient and team that was at work on the patient.
treating AS (
    SELECT c.day AS day, c.patient_id AS patient_id, c.organisation_code AS organisation_code, t.team AS team,
        max(c.relationship_id) AS evidence
    FROM current_links AS c
    INNER JOIN teams AS t ON t.staff_id_system = c.staff_id_system AND t.staff_id = c.staff_id
        AND t.organisation_code = c.organisation_code
    WHERE c.strength = 'person'
    GROUP BY c.day, c.patient_id, c.organisation_code, t.team
),
named AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, strength, relationship_id AS evidence
    FROM current_links
    WHERE strength >= 'team'
    UNION ALL
    SELECT b.day, b.staff_id_system, b.staff_id, b.organisation_code, b.patient_id,
        CAST('team', 'Enum8(\'inferred\' = 1, \'organisation\' = 2, \'team\' = 3, \'person\' = 4)') AS strength, tr.evidence
    FROM access_builds AS b
    INNER JOIN teams AS t ON t.staff_id_system = b.staff_id_system AND t.staff_id = b.staff_id
        AND t.organisation_code = b.organisation_code
    INNER JOIN treating AS tr ON tr.day = b.day AND tr.patient_id = b.patient_id
        AND tr.organisation_code = b.organisation_code AND tr.team = t.team
    WHERE b.build = {build:UInt64} AND b.day IN {days:Array(Date)}
)
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(n.strength) AS strength, argMax(n.evidence, (n.strength, n.evidence)) AS evidence
FROM named AS n
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
