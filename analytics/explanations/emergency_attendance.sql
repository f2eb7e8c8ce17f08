/* @explanation
id: emergency_attendance
version: 1
title: An emergency attendance at the organisation
stage: primary
needs: [care_relationships]
kinds: [emergency_attendance]
params: { before_days: 2, after_days: 14 }
@explanation */
-- Accesses around an attendance at the organisation's emergency department.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'emergency_attendance'
    AND NOT is_related
    AND addDays(day, {before_days:Int32}) >= starts_on AND addDays(day, -{after_days:Int32}) <= last_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
