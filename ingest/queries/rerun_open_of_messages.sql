-- The refusals of some foreign messages that stand.
SELECT message_id, segment_id, segment_position, code, expression, event_id
FROM open_rejects
WHERE source = {source:String} AND message_id IN {message_ids:Array(String)}
ORDER BY segment_id, segment_position
