-- The bytes of the messages that told the erased events. They may tell others too, whose rows stay as they are.
ALTER TABLE original_messages DELETE WHERE message_id IN (
    SELECT message_id FROM erased_events WHERE erasure_id = {erasure_id:String} AND message_id != ''
)
