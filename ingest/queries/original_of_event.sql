-- The message that told an event: no row for a native one. A message that also told events of organisations outside the
-- reader's is not shown to it.
SELECT media_type, transport, raw, raw_encoding
FROM original_messages
WHERE source = {source:String}
    AND message_id IN (
        SELECT e.message_id
        FROM access_events AS e
        WHERE e.day = toDate(fromUnixTimestamp64Milli({occurred_at:Int64}, 'UTC'), 'Europe/London')
            AND e.source = {source:String} AND e.event_id = {event_id:String} AND e.message_id != ''
    )
    AND (empty({scope_organisations:Array(String)}) OR message_id NOT IN (
        SELECT o.message_id
        FROM access_events AS o
        WHERE o.load_seq IN (
                SELECT e.load_seq
                FROM access_events AS e
                WHERE e.day = toDate(fromUnixTimestamp64Milli({occurred_at:Int64}, 'UTC'), 'Europe/London')
                    AND e.source = {source:String} AND e.event_id = {event_id:String}
            )
            AND o.source = {source:String} AND o.organisation_code NOT IN {scope_organisations:Array(String)}
    ))
LIMIT 1
