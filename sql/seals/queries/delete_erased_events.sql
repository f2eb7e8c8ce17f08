-- The rows themselves, with their salts.
ALTER TABLE access_events DELETE WHERE (load_seq, segment_position) IN (
    SELECT load_seq, segment_position FROM erased_events WHERE erasure_id = {erasure_id:String}
)
