-- Which explanations apply was not rolled up, so that the page of explained accesses showed none: what was built before is
-- built anew.
INSERT INTO stale_days (day, build) SELECT day, max(b.build) AS build FROM day_builds AS b GROUP BY day;
