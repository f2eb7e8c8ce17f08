-- The identifiers of staff that are, or once were, a user's own, each with its system before it: one row each. None where
-- nothing ties the user to a member of staff. The tie is that of the detector `watcher`: the identity provider's subject,
-- where it is an identifier of staff; for want of that a name which one person alone bears in the user's organisations.
-- Every page asks, so it begins with the few whom the user can be, and never brings all members of staff up to date.
WITH
    this AS
    (
        SELECT argMax(subject, version) AS own_subject, lowerUTF8(trimBoth(argMax(name, version))) AS own_name,
            argMax(organisation_codes, version) AS own_codes
        FROM user_versions
        WHERE user_id = {user_id:String}
    ),
    -- Who bears the subject or the name, or once did.
    namesakes AS MATERIALIZED
    (
        SELECT DISTINCT staff_id_system, staff_id
        FROM staff_versions
        WHERE (staff_id != '' AND staff_id = (SELECT own_subject FROM this))
            OR (name != '' AND lowerUTF8(trimBoth(name)) = (SELECT own_name FROM this))
    ),
    -- Their people, as they are now.
    persons AS MATERIALIZED
    (
        SELECT staff_id_system, staff_id, person_key
        FROM staff_people
        WHERE kind = 'person' AND known_until > toDate('2149-01-01')
            AND (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM namesakes)
    ),
    -- And what else these are known by. A person whom no identity names has that one identifier alone.
    identifiers AS MATERIALIZED
    (
        SELECT staff_id_system, staff_id, person_key, 1 AS is_held
        FROM persons
        UNION DISTINCT
        SELECT staff_id_system, staff_id, person_key, kind IN ('', 'person') AND isNull(ended_at) AS is_held
        FROM staff_identities
        WHERE person_key IN (SELECT person_key FROM persons)
    ),
    posts AS
    (
        SELECT staff_id_system, staff_id, organisation_code, lowerUTF8(trimBoth(name)) AS post_name
        FROM staff
        WHERE isNull(ended_at)
            AND (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM identifiers WHERE is_held)
    ),
    candidates AS
    (
        SELECT person_key, max(staff_id = (SELECT own_subject FROM this)) AS by_subject,
            max(post_name != '' AND post_name = (SELECT own_name FROM this)) AS by_name,
            max(has((SELECT own_codes FROM this), toString(organisation_code))) AS is_theirs
        FROM identifiers
        INNER JOIN posts USING (staff_id_system, staff_id)
        WHERE is_held
        GROUP BY person_key
        HAVING by_subject OR (by_name AND is_theirs)
    ),
    tie AS
    (
        SELECT argMax(person_key, by_subject) AS tied_key
        FROM candidates
        HAVING if(max(by_subject), countIf(by_subject), count()) = 1
    )
SELECT DISTINCT concat(staff_id_system, '|', staff_id) AS own_staff
FROM identifiers
WHERE person_key IN (SELECT tied_key FROM tie)
