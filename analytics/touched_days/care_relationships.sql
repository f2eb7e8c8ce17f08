-- All days of the patients whose relationships changed (the window of the version that was replaced is not known), and
-- those of accesses that a changed relationship explained so far, in case it went from one patient to another.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
changed AS (
    SELECT v.relationship_id AS relationship_id, v.patient_id AS patient_id FROM care_relationships_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
),
touched AS (
    SELECT DISTINCT a.day AS day FROM accesses AS a WHERE a.patient_id IN (SELECT patient_id FROM changed)
    UNION DISTINCT
    SELECT DISTINCT x.day AS day FROM access_explanations AS x
    WHERE x.evidence IN (SELECT relationship_id FROM changed)
)
SELECT t.day, {to_load_seq:UInt64} AS load_seq, 'care_relationships' AS cause
FROM touched AS t
