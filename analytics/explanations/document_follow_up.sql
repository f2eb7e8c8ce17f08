/* @explanation
id: document_follow_up
version: 1
title: A document about the patient, written or received
stage: primary
needs: [care_relationships]
kinds: [document]
params: { fresh_days: 30 }
@explanation */
-- Accesses by the organisation that wrote a document about the patient, or received one, in the days after it.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'document'
    AND day >= starts_on AND addDays(day, -{fresh_days:Int32}) <= starts_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
