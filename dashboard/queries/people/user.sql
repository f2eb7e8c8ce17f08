-- The newest version of one user.
SELECT user_id, version, subject, name, role, organisation_codes, is_ended
FROM user_versions
WHERE user_id = {user_id:String}
ORDER BY version DESC
LIMIT 1
