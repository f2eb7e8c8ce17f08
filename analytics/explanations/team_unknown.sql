/* @explanation
id: team_unknown
version: 1
title: A team's or a colleague's care, and nobody tells of whose team they are
stage: derived
needs: [care_relationships]
kinds: [registration, appointment, admission, referral, caseload, emergency_attendance, urgent_call, conveyance, delegation]
params: { before_days: 14, after_days: 90 }
@explanation */
-- Accesses by somebody of whom no team is known, to patients whose care with the organisation names a team, or a colleague
-- who may be of theirs. With the staff directory it might be a link of their team: that none is seen says nothing. Where
-- the team is everybody, in a surgery or a pharmacy, a directory would tell no more.
WITH
-- Who is of no known team: one row per identifier in an organisation.
teamless AS (
    SELECT staff_id_system, staff_id, organisation_code
    FROM viewer_builds
    WHERE build = {build:UInt64} AND empty(teams)
        AND organisation_code NOT IN (SELECT organisation_code FROM organisations WHERE type IN ('gp', 'pharmacy'))
),
-- What comes no nearer to them than their organisation: one row per access and relationship.
near AS (
    SELECT r.day AS day, r.staff_id_system AS staff_id_system, r.staff_id AS staff_id,
        r.organisation_code AS organisation_code, r.patient_id AS patient_id, r.relationship_id AS relationship_id,
        r.starts_on AS starts_on, r.named_staff_id AS named_staff_id
    FROM access_relationship_builds AS r
    INNER JOIN teamless AS t ON t.staff_id_system = r.staff_id_system AND t.staff_id = r.staff_id
        AND t.organisation_code = r.organisation_code
    WHERE r.build = {build:UInt64} AND r.day IN {days:Array(Date)} AND NOT r.is_related AND r.strength = 'organisation'
        AND r.kind IN ('registration', 'appointment', 'admission', 'referral', 'caseload', 'emergency_attendance',
            'urgent_call', 'conveyance', 'delegation')
        AND addDays(r.day, {before_days:Int32}) >= r.starts_on AND addDays(r.day, -{after_days:Int32}) <= r.last_on
)
SELECT day, staff_id_system, staff_id, organisation_code, patient_id,
    'inferred' AS strength, argMax(n.relationship_id, (n.starts_on, n.relationship_id)) AS evidence
FROM near AS n
WHERE n.named_staff_id != '' OR n.relationship_id IN (
    SELECT relationship_id FROM care_relationships WHERE team != '' AND patient_id IN (SELECT patient_id FROM near))
GROUP BY day, staff_id_system, staff_id, organisation_code, patient_id
