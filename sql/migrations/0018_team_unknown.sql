-- One row per access of the days of which the strongest explanation is weaker than `below`, with the share of its
-- organisation's and role's accesses that are explained. Left out is what nobody can tell: care on record names a team or
-- a colleague, and the staff directory no team of the person, so that a link may be missing for want of the directory alone.
CREATE OR REPLACE VIEW unlinked_accesses AS
SELECT a.day AS day, a.organisation_code AS organisation_code, a.staff_id_system AS staff_id_system,
    a.staff_id AS staff_id, a.patient_id AS patient_id, a.first_at AS first_at, a.last_at AS last_at,
    a.user_events AS user_events, a.role AS role, a.role_name AS role_name, a.team AS team,
    a.organisation_type AS organisation_type, a.sections AS sections, a.overrides AS overrides,
    a.strength AS strength, a.explanation_ids AS explanation_ids,
    (c.explained + 20 * c.house_explained / c.house_accesses) / (c.accesses + 20) AS coverage
FROM access_link_builds AS a
INNER JOIN (
    SELECT day, organisation_code, role,
        sum(b.accesses) OVER of_role AS accesses, sum(b.organisation + b.team + b.person) OVER of_role AS explained,
        sum(b.accesses) OVER of_house AS house_accesses, sum(b.organisation + b.team + b.person) OVER of_house AS house_explained
    FROM link_coverage_builds AS b
    WHERE b.day > subtractDays(arrayMin({days:Array(Date)}), {back_days:UInt32}) AND b.day <= arrayMax({days:Array(Date)})
        AND (b.day, b.build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day)
    WINDOW of_role AS (PARTITION BY organisation_code, role ORDER BY day RANGE BETWEEN {back_days:UInt32} - 1 PRECEDING AND CURRENT ROW),
        of_house AS (PARTITION BY organisation_code ORDER BY day RANGE BETWEEN {back_days:UInt32} - 1 PRECEDING AND CURRENT ROW)
) AS c ON c.day = a.day AND c.organisation_code = a.organisation_code AND c.role = a.role
WHERE a.day IN {days:Array(Date)} AND a.strength < {below:String}
    AND NOT has(a.explanation_ids, 'team_unknown')
    AND (a.day, a.build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- The looks of a person's day that lack a team's link, of which nobody can tell, apart from those that count against them.
ALTER TABLE staff_link_day_builds
    ADD COLUMN IF NOT EXISTS untold_looks Array(Tuple(
        strength Enum8('none' = 0, 'inferred' = 1, 'organisation' = 2, 'team' = 3, 'person' = 4),
        hour UInt8,
        sections Array(LowCardinality(String)))) COMMENT 'as unlinked_looks, and not among them, unlinked and unexplained: accesses without a link of the team, of which nobody can tell, since the directory tells no team of the person';

CREATE OR REPLACE VIEW staff_link_days AS
SELECT * FROM staff_link_day_builds
WHERE (day, build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);

-- What was built before has none of this.
INSERT INTO stale_days (day, build) SELECT day, max(b.build) AS build FROM day_builds AS b GROUP BY day;
