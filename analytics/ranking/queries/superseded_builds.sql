-- How many rows of builds stand that readers left before `until`. One row.
SELECT toUInt32(count()) AS superseded
FROM queue_item_builds AS i
WHERE i.build < (SELECT max(q.build) FROM queue_builds AS q WHERE q.built_at < {until:DateTime64(3, 'UTC')})
