-- The days, searches included, of all identifiers of the persons concerned: of whom the changed identifiers are now, and were before.
INSERT INTO dirty_days (day, load_seq, cause)
WITH
changed AS (
    SELECT v.staff_id_system AS staff_id_system, v.staff_id AS staff_id, v.person_key AS person_key
    FROM staff_identities_versions AS v
    WHERE v.load_seq > {from_load_seq:UInt64} AND v.load_seq <= {to_load_seq:UInt64}
),
persons AS (
    SELECT person_key FROM changed
    UNION DISTINCT
    SELECT h.value AS person_key FROM tie_history AS h
    WHERE h.dataset = 'staff_identities'
        AND h.key IN (SELECT concat(changed.staff_id_system, '|', changed.staff_id) FROM changed)
),
users AS (
    SELECT staff_id_system, staff_id FROM changed
    UNION DISTINCT
    SELECT p.staff_id_system AS staff_id_system, p.staff_id AS staff_id FROM staff_people AS p
    WHERE p.person_key IN (SELECT person_key FROM persons)
)
SELECT DISTINCT a.day, {to_load_seq:UInt64} AS load_seq, 'staff_identities' AS cause
FROM staff_days AS a
WHERE (a.staff_id_system, a.staff_id) IN (SELECT staff_id_system, staff_id FROM users)
