-- All days of the patients whose objections changed: the dates of the version that was replaced are not known.
INSERT INTO dirty_days (day, load_seq, cause)
SELECT DISTINCT a.day, {to_load_seq:UInt64} AS load_seq, 'patient_objections' AS cause
FROM accesses AS a
WHERE a.patient_id IN (
    SELECT v.patient_id FROM patient_objections_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
)
