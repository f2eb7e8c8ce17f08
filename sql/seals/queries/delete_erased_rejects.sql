-- What came under the ids of the erased events and was refused, with its copy of what was sent.
ALTER TABLE ingest_rejects DELETE WHERE sipHash64(source, event_id) IN (
        SELECT key FROM erased_events WHERE erasure_id = {erasure_id:String}
    )
    OR message_id IN (SELECT message_id FROM erased_events WHERE erasure_id = {erasure_id:String} AND message_id != '')
