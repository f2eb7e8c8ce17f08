-- How many messages and native refusals a run again is about.
SELECT toUInt32(
    (
        SELECT count()
        FROM original_messages AS m
        WHERE m.source = {source:String}
            AND m.received_at >= fromUnixTimestamp64Milli({received_from:Int64}, 'UTC')
            AND m.received_at < fromUnixTimestamp64Milli({received_to:Int64}, 'UTC')
            AND m.load_seq IN (SELECT segments.load_seq FROM segments)
            AND ({code:String} = '' OR m.message_id IN (
                SELECT r.message_id
                FROM open_rejects AS r
                WHERE r.source = {source:String} AND r.code = {code:String} AND r.message_id != ''
            ))
    ) + (
        SELECT count()
        FROM open_rejects AS n
        WHERE n.source = {source:String} AND n.dataset = 'access_events' AND n.message_id = ''
            AND n.received_at >= fromUnixTimestamp64Milli({received_from:Int64}, 'UTC')
            AND n.received_at < fromUnixTimestamp64Milli({received_to:Int64}, 'UTC')
            AND ({code:String} = '' OR n.code = {code:String})
    )) AS total
