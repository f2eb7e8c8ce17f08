/* @explanation
id: checked_locally
version: 1
title: Care that a reviewer found in the local record
stage: primary
needs: [care_relationships]
params: { before_days: 2, after_days: 14, mark: "checked:" }
@explanation */
-- Accesses around care that somebody checked in the local record and that was imported as such: a relationship of any
-- kind that names the member of staff and has an id of the form `checked:<system>:<checker>:<time>`.
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(r.strength) AS strength,
    argMax(relationship_id, (starts_on, relationship_id)) AS evidence
FROM access_relationship_builds AS r
WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
    AND startsWith(relationship_id, {mark:String}) AND NOT is_related AND r.strength = 'person'
    AND addDays(day, {before_days:Int32}) >= starts_on AND addDays(day, -{after_days:Int32}) <= last_on
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
