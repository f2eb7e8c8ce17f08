/* @explanation
id: referral
version: 1
title: A referral to the organisation
needs: [care_relationships]
params: { fresh_days: 90 }
@explanation */
-- Accesses by the organisation that the patient was referred to, while the referral is fresh.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'referral'
    AND NOT is_related
    AND starts_on <= day AND addDays(day, -{fresh_days:Int32}) <= starts_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
