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
-- A registration, a caseload, an admission or a task without an end is open; anything else without one is a moment.
relationships AS (
    SELECT relationship_id, patient_id, organisation_code, related_organisation_code, kind, staff_id,
        lowerUTF8(trimBoth(team)) AS team, toDate32(starts_at, 'Europe/London') AS starts_on,
        multiIf(
            isNotNull(ends_at), toDate32(assumeNotNull(ends_at), 'Europe/London'),
            kind IN ('registration', 'caseload', 'admission', 'delegation'), toDate32('2149-06-06'),
            toDate32(starts_at, 'Europe/London')
        ) AS last_on,
        if(isNull(ended_at), toDate32('2149-06-06'), toDate32(assumeNotNull(ended_at), 'Europe/London')) AS known_until
    FROM care_relationships
    WHERE patient_id IN (SELECT patient_id FROM built)
),
-- What an organisation's own relationships may be recorded under: itself, and for the sites of a trust the trust, and the
-- other way round. Practices of one network are houses of their own.
houses AS (
    SELECT organisation_code, toString(organisation_code) AS side_code
    FROM (SELECT DISTINCT organisation_code FROM built)
    UNION DISTINCT
    SELECT organisation_code, toString(parent_code) AS side_code FROM organisations
    WHERE parent_code != '' AND type NOT IN ('gp', 'pharmacy')
    UNION DISTINCT
    SELECT parent_code AS organisation_code, toString(o.organisation_code) AS side_code FROM organisations AS o
    WHERE parent_code != '' AND type NOT IN ('gp', 'pharmacy')
),
-- Each relationship once for its own organisation and once for the related one.
sides AS (
    SELECT r.*, side.1 AS side_code, side.2 AS is_related
    FROM relationships AS r
    ARRAY JOIN arrayFilter(s -> NOT s.2 OR s.1 != '' AND s.1 != r.organisation_code,
        [(toString(r.organisation_code), false), (toString(r.related_organisation_code), true)]) AS side
)
SELECT {build:UInt64} AS build, b.day, b.staff_id_system, b.staff_id, b.organisation_code, b.patient_id,
    r.relationship_id, r.kind, r.starts_on, r.last_on, r.is_related, if(r.is_related, '', r.staff_id) AS named_staff_id,
    multiIf(
        r.is_related, 'organisation',
        r.staff_id != '' AND (r.staff_id = b.staff_id OR has(v.ids, r.staff_id)), 'person',
        r.team != '' AND has(v.teams, r.team), 'team',
        'organisation'
    ) AS strength
FROM (
    SELECT a.day AS day, a.staff_id_system AS staff_id_system, a.staff_id AS staff_id,
        a.organisation_code AS organisation_code, a.patient_id AS patient_id, h.side_code AS side_code
    FROM built AS a
    INNER JOIN houses AS h ON h.organisation_code = a.organisation_code
) AS b
INNER JOIN sides AS r ON r.patient_id = b.patient_id AND r.side_code = b.side_code
LEFT JOIN (
    SELECT staff_id_system, staff_id, organisation_code, ids, teams FROM viewer_builds WHERE build = {build:UInt64}
) AS v ON v.staff_id_system = b.staff_id_system AND v.staff_id = b.staff_id
    AND v.organisation_code = b.organisation_code
WHERE b.day < r.known_until
