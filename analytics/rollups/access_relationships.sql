-- One row per access of the build and care relationship of its patient with its organisation, with how near the
-- relationship comes to the member of staff: it names them, their team, or their organisation alone.
INSERT INTO access_relationship_builds (build, day, staff_id_system, staff_id, organisation_code, patient_id,
    relationship_id, kind, starts_on, last_on, is_related, named_staff_id, strength)
WITH
built AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id
    FROM access_builds
    WHERE build = {build:UInt64} AND day IN {days:Array(Date)}
),
-- All identifiers and teams of the person behind an identifier, in one organisation: one human, many ids.
viewers AS (
    SELECT v.staff_id_system AS staff_id_system, v.staff_id AS staff_id, v.organisation_code AS organisation_code,
        groupUniqArray(other.staff_id) AS ids, groupUniqArrayIf(s.team, s.team != '') AS teams
    FROM (SELECT DISTINCT staff_id_system, staff_id, organisation_code FROM built) AS v
    INNER JOIN staff_people AS own ON own.staff_id_system = v.staff_id_system AND own.staff_id = v.staff_id
    INNER JOIN staff_people AS other ON other.person_key = own.person_key
    LEFT JOIN staff AS s ON s.staff_id_system = other.staff_id_system AND s.staff_id = other.staff_id
        AND s.organisation_code = v.organisation_code
    WHERE own.kind = 'person' AND other.kind = 'person'
    GROUP BY v.staff_id_system, v.staff_id, v.organisation_code
),
-- A registration, a caseload or an admission without an end is open; anything else without one is a moment.
relationships AS (
    SELECT relationship_id, patient_id, organisation_code, related_organisation_code, kind, staff_id, team,
        toDate32(starts_at, 'Europe/London') AS starts_on,
        multiIf(
            isNotNull(ends_at), toDate32(assumeNotNull(ends_at), 'Europe/London'),
            kind IN ('registration', 'caseload', 'admission'), toDate32('2149-06-06'),
            toDate32(starts_at, 'Europe/London')
        ) AS last_on,
        if(isNull(ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM care_relationships
    WHERE patient_id IN (SELECT patient_id FROM built)
),
-- Each relationship once for its own organisation and once for the related one.
sides AS (
    SELECT *, organisation_code AS side_code, false AS is_related FROM relationships
    UNION ALL
    SELECT *, related_organisation_code AS side_code, true AS is_related FROM relationships
    WHERE related_organisation_code != '' AND related_organisation_code != organisation_code
)
SELECT {build:UInt64} AS build, b.day, b.staff_id_system, b.staff_id, b.organisation_code, b.patient_id,
    r.relationship_id, r.kind, r.starts_on, r.last_on, r.is_related, if(r.is_related, '', r.staff_id) AS named_staff_id,
    multiIf(
        r.is_related, 'organisation',
        r.staff_id != '' AND (r.staff_id = b.staff_id OR has(v.ids, r.staff_id)), 'person',
        r.team != '' AND has(v.teams, r.team), 'team',
        'organisation'
    ) AS strength
FROM built AS b
INNER JOIN sides AS r ON r.patient_id = b.patient_id AND r.side_code = b.organisation_code
LEFT JOIN viewers AS v ON v.staff_id_system = b.staff_id_system AND v.staff_id = b.staff_id
    AND v.organisation_code = b.organisation_code
WHERE b.day < r.known_until
