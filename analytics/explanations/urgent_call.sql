/* @explanation
id: urgent_call
version: 1
title: An urgent call, answered or received
stage: primary
needs: [care_relationships]
kinds: [urgent_call]
params: { before_days: 2, after_days: 14 }
@explanation */
-- Accesses around a 111 or urgent call, by the service that took it and by the one that it was passed to.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'urgent_call'
    AND addDays(day, {before_days:Int32}) >= starts_on AND addDays(day, -{after_days:Int32}) <= last_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
