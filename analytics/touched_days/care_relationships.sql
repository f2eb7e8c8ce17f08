-- The days of the patients whose relationships changed, from two weeks before the earliest of them on: no explanation
-- looks further ahead. Where a changed relationship explained an access so far, all days of the patients concerned: the
-- version that was replaced may have begun earlier, ended later, or been another patient's.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
changed AS (
    SELECT v.relationship_id AS relationship_id, v.patient_id AS patient_id,
        toDate32(v.starts_at, 'Europe/London') AS starts_on
    FROM care_relationships_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
),
explained AS (
    SELECT DISTINCT x.day AS day, x.patient_id AS patient_id, x.evidence AS relationship_id FROM access_explanations AS x
    WHERE x.evidence IN (SELECT relationship_id FROM changed)
),
known AS (
    SELECT patient_id FROM explained
    UNION DISTINCT
    SELECT patient_id FROM changed WHERE relationship_id IN (SELECT relationship_id FROM explained)
),
firsts AS (
    SELECT patient_id, subtractDays(min(starts_on), 14) AS from_day FROM changed GROUP BY patient_id
),
touched AS (
    SELECT DISTINCT a.day AS day
    FROM accesses AS a
    INNER JOIN firsts AS f ON f.patient_id = a.patient_id
    WHERE a.patient_id IN (SELECT patient_id FROM changed) AND a.day >= f.from_day
    UNION DISTINCT
    SELECT DISTINCT a.day AS day FROM accesses AS a WHERE a.patient_id IN (SELECT patient_id FROM known)
)
SELECT t.day, {to_load_seq:UInt64} AS load_seq, 'care_relationships' AS cause
FROM touched AS t
