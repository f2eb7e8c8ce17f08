/* @explanation
id: referral
version: 2
title: A referral to the organisation, or from it
stage: primary
needs: [care_relationships]
kinds: [referral]
params: { before_days: 7, fresh_days: 90 }
@explanation */
-- Accesses by the organisation that the patient was referred to, and by the one that referred, while the referral is
-- fresh. Who sorts new referrals looks before the referral is accepted and recorded.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'referral'
    AND addDays(day, {before_days:Int32}) >= starts_on AND addDays(day, -{fresh_days:Int32}) <= starts_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
