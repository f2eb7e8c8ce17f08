/* @explanation
id: named_clinician
version: 2
title: Named in the patient's care, or of the team that is
stage: primary
needs: [care_relationships]
kinds: [registration, appointment, admission, referral, caseload, emergency_attendance, urgent_call, conveyance]
params: { before_days: 14, after_days: 30 }
@explanation */
-- Accesses by whom a relationship of any kind names, or by their team, while it is current or nearly so. Who treats
-- beside the person named is told by team_cluster.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND NOT is_related AND r.strength >= 'team'
    AND kind IN ('registration', 'appointment', 'admission', 'referral', 'caseload', 'emergency_attendance',
        'urgent_call', 'conveyance')
    AND addDays(day, {before_days:Int32}) >= starts_on AND addDays(day, -{after_days:Int32}) <= last_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
