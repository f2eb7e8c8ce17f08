-- Items of builds that were superseded before `until`, and those left by a build that crashed.
ALTER TABLE queue_item_builds DELETE
WHERE build < (SELECT max(q.build) FROM queue_builds AS q WHERE q.built_at < {until:DateTime64(3, 'UTC')})
