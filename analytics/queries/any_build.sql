-- One row where any day was built.
SELECT d.build AS any_build FROM day_builds AS d LIMIT 1
