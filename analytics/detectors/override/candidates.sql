-- The days on which a record was newly opened with an override, or that of a patient who ever objected.
SELECT DISTINCT toString(e.day) AS day
FROM access_events AS e
WHERE e.load_seq > {after_load_seq:UInt64} AND e.load_seq <= {to_load_seq:UInt64} AND e.day IN {days:Array(Date)}
    AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown', 'denied') AND e.patient_id != ''
    AND (has(splitByChar(',', {kinds:String}), e.override)
        OR (notEmpty(e.supplier_codes) AND e.patient_id IN (SELECT patient_id FROM patient_objections)))
