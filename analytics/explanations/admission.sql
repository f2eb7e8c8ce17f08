/* @explanation
id: admission
version: 2
title: An admission to the organisation
stage: primary
needs: [care_relationships]
kinds: [admission]
params: { before_days: 2, after_days: 14, open_days: 365 }
@explanation */
-- Accesses during an admission, shortly before it (pre-assessment) and after it (discharge, coding). Where no discharge
-- ever arrives, an admission is taken to last for a year and no longer.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (r.strength, starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'admission'
    AND NOT is_related
    AND addDays(day, {before_days:Int32}) >= starts_on AND addDays(day, -{after_days:Int32}) <= last_on
    AND (last_on < toDate32('2149-06-06') OR addDays(day, -{open_days:Int32}) <= starts_on)
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
