/* @explanation
id: caseload
version: 1
title: On the caseload of the organisation or team
stage: primary
needs: [care_relationships]
kinds: [caseload]
params: {}
@explanation */
-- Accesses while the patient was on the organisation's or the team's caseload.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'caseload'
    AND NOT is_related
    AND starts_on <= day AND day <= last_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
