/* @explanation
id: delegation
version: 1
title: An open task about the record
stage: primary
needs: [care_relationships]
kinds: [delegation]
params:
  open_days: 180
  duties: "record|coding|coder|subject access|information governance|safeguarding|medical examiner|bereavement|complaint|legal|audit"
@explanation */
WITH
-- Tasks that were open on the day: one row per access and task.
tasks AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, relationship_id, starts_on, strength
    FROM access_relationship_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)} AND kind = 'delegation' AND NOT is_related
        AND starts_on <= day AND day <= last_on
        AND (last_on < toDate32('2149-06-06') OR addDays(day, -{open_days:Int32}) <= starts_on)
),
-- The role of each access, as recorded, else as the directory has it.
roles AS (
    SELECT b.day AS day, b.staff_id_system AS staff_id_system, b.staff_id AS staff_id,
        b.organisation_code AS organisation_code, b.patient_id AS patient_id,
        match(lowerUTF8(concat(b.role_name, ' ', s.role_name, ' ', s.team)), {duties:String}) AS has_duty
    FROM access_builds AS b
    LEFT JOIN staff AS s ON s.staff_id_system = b.staff_id_system AND s.staff_id = b.staff_id
        AND s.organisation_code = b.organisation_code
    WHERE b.build = {build:UInt64} AND b.day IN {days:Array(Date)}
        AND b.patient_id IN (SELECT patient_id FROM tasks)
),
-- A task that names nobody is that of whoever has such a duty there; of the others it says no more than that there is one.
judged AS (
    SELECT t.day AS day, t.staff_id_system AS staff_id_system, t.staff_id AS staff_id,
        t.organisation_code AS organisation_code, t.patient_id AS patient_id, t.relationship_id AS relationship_id,
        t.starts_on AS starts_on,
        CAST(multiIf(t.strength >= 'team', toString(t.strength), r.has_duty, 'team', 'inferred'),
            'Enum8(\'inferred\' = 1, \'organisation\' = 2, \'team\' = 3, \'person\' = 4)') AS strength
    FROM tasks AS t
    INNER JOIN roles AS r ON r.day = t.day AND r.staff_id_system = t.staff_id_system AND r.staff_id = t.staff_id
        AND r.organisation_code = t.organisation_code AND r.patient_id = t.patient_id
)
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    max(j.strength) AS strength,
    argMax(relationship_id, (j.strength, starts_on, relationship_id)) AS evidence
FROM judged AS j
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
