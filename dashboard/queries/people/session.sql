-- The open session of a token, with its user. No row when it ended, or the user did.
WITH
    session AS
    (
        SELECT any(user_id) AS user_id, any(provider) AS provider,
            toFloat64(toUnixTimestamp64Milli(min(changed_at))) AS began_at,
            toFloat64(toUnixTimestamp64Milli(max(changed_at))) AS seen_at,
            countIf(change = 'ended') AS ends
        FROM user_sessions
        WHERE session_hash = {session_hash:String}
        GROUP BY session_hash
    ),
    people AS
    (
        SELECT user_id, argMax(name, version) AS user_name, argMax(role, version) AS user_role,
            argMax(organisation_codes, version) AS user_organisation_codes,
            argMax(is_ended, version) AS user_is_ended
        FROM user_versions
        WHERE user_id IN (SELECT user_id FROM session)
        GROUP BY user_id
    )
SELECT session.user_id AS user_id, provider, began_at, seen_at, user_name AS name, user_role AS role,
    user_organisation_codes AS organisation_codes
FROM session
INNER JOIN people ON people.user_id = session.user_id
WHERE ends = 0 AND NOT user_is_ended
