-- What detectors read, in the form that costs the engine least: it analyses a view anew wherever a statement names it, and
-- one within another twice as often.

-- One row per judged day and organisation and role with an access on it: the share of accesses that are explained with
-- organisation strength or better, on that day and the back_days - 1 before it. A small role's share is drawn to its
-- organisation's, as if twenty accesses had been like those. Where the share is low, feeds are missing, and an access that
-- nothing explains says nothing.
CREATE OR REPLACE VIEW coverage_of AS
SELECT day, organisation_code, role, (explained + 20 * house_explained / house_accesses) / (accesses + 20) AS coverage
FROM (
    SELECT day, organisation_code, role,
        sum(c.accesses) OVER of_role AS accesses, sum(c.organisation + c.team + c.person) OVER of_role AS explained,
        sum(c.accesses) OVER of_house AS house_accesses, sum(c.organisation + c.team + c.person) OVER of_house AS house_explained
    FROM link_coverage_builds AS c
    WHERE c.day > subtractDays(arrayMin({days:Array(Date)}), {back_days:UInt32}) AND c.day <= arrayMax({days:Array(Date)})
        AND (c.day, c.build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day)
    WINDOW of_role AS (PARTITION BY organisation_code, role ORDER BY day RANGE BETWEEN {back_days:UInt32} - 1 PRECEDING AND CURRENT ROW),
        of_house AS (PARTITION BY organisation_code ORDER BY day RANGE BETWEEN {back_days:UInt32} - 1 PRECEDING AND CURRENT ROW)
)
WHERE day IN {days:Array(Date)};

-- One row per access of the days of which the strongest explanation is weaker than `below`, with the share of its
-- organisation's and role's accesses that are explained.
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
    AND (a.day, a.build) IN (SELECT day, max(day_builds.build) FROM day_builds GROUP BY day);
