/* @explanation
id: team_cluster
version: 1
title: Colleagues of one team who see the same patient on one day
stage: derived
needs: [staff]
params: { team_share_max: 0.34, always_max: 4, crowd_max: 12 }
@explanation */
WITH
-- Accesses by a person's own hand of staff who have a team: one row per access.
looks AS (
    SELECT b.day AS day, b.staff_id_system AS staff_id_system, b.staff_id AS staff_id,
        b.organisation_code AS organisation_code, b.patient_id AS patient_id, v.person_key AS person_key, v.circle AS circle
    FROM access_builds AS b
    INNER JOIN (
        SELECT staff_id_system, staff_id, organisation_code, person_key, circle
        FROM viewer_builds
        WHERE build = {build:UInt64} AND team != ''
    ) AS v ON v.staff_id_system = b.staff_id_system AND v.staff_id = b.staff_id
        AND v.organisation_code = b.organisation_code
    WHERE b.build = {build:UInt64} AND b.day IN {days:Array(Date)} AND b.user_events > 0
),
-- How many of the team were at work on the day, by what they looked at.
at_work AS (
    SELECT day, circle, uniqExact(person_key) AS members FROM looks GROUP BY day, circle
),
-- A cluster is two or more of a team with one patient on one day, but no crowd: at most a third of those at work, where
-- few are at work four, and never more than twelve. Whoever draws more draws them for another reason than their care.
clusters AS (
    SELECT l.day AS day, l.circle AS circle, l.patient_id AS patient_id, uniqExact(l.person_key) AS persons
    FROM looks AS l
    INNER JOIN at_work AS w ON w.day = l.day AND w.circle = l.circle
    GROUP BY l.day, l.circle, l.patient_id
    HAVING persons > 1 AND persons <= least({crowd_max:UInt32},
        greatest({always_max:UInt32}, toUInt32({team_share_max:Float64} * any(w.members))))
),
-- The strongest primary explanation in the cluster.
linked AS (
    SELECT day, circle, patient_id, strength FROM circle_link_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
)
SELECT l.day AS day, l.staff_id_system AS staff_id_system, l.staff_id AS staff_id,
    l.organisation_code AS organisation_code, l.patient_id AS patient_id,
    -- One with a link speaks for the team; without any, they only make it likely.
    multiIf(k.strength >= 'team', 'team', k.strength = 'organisation', 'organisation', 'inferred') AS strength,
    concat(toString(c.persons), ' of the team') AS evidence
FROM looks AS l
INNER JOIN clusters AS c ON c.day = l.day AND c.circle = l.circle AND c.patient_id = l.patient_id
INNER JOIN linked AS k ON k.day = l.day AND k.circle = l.circle AND k.patient_id = l.patient_id
