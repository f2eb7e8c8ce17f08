-- A number above any that was used, be it by a build that crashed before its days were switched.
SELECT greatest(
    (SELECT max(d.build) FROM day_builds AS d),
    (SELECT max(a.build) FROM access_builds AS a),
    (SELECT max(s.build) FROM staff_day_builds AS s),
    (SELECT max(e.build) FROM access_explanation_builds AS e),
    (SELECT max(f.build) FROM area_flow_builds AS f)
) + 1 AS build
