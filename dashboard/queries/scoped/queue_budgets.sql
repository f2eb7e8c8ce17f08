-- What people set as the weekly budget of the queue, in the viewer's organisations and for all (''): the newest first,
-- which is the one that holds. A screenful of each, since every one but the newest is only history.
SELECT organisation_code, items_per_week, reason, if(u.user_name = '', b.author, u.user_name) AS author_name,
    toFloat64(toUnixTimestamp64Milli(b.set_at)) AS set_at_ms
FROM queue_budgets AS b
LEFT JOIN
(
    SELECT user_id, argMax(name, user_versions.version) AS user_name
    FROM user_versions
    GROUP BY user_id
) AS u ON u.user_id = b.author
WHERE b.organisation_code IN {organisation_codes:Array(String)} OR b.organisation_code = ''
ORDER BY b.set_at DESC, organisation_code
LIMIT 10 BY organisation_code
