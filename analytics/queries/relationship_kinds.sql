-- The kinds of care relationships that the accesses of the build under way have.
SELECT DISTINCT r.kind AS kind FROM access_relationship_builds AS r
