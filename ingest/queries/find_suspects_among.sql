-- As find_suspects, but only events with one of the given keys can have been seen before: the filter knows no other.
INSERT INTO segment_suspects (
    source, event_id, occurred_at, action, outcome, trigger, staff_id, staff_id_system, staff_name, role_code,
    role_name, organisation_code, site_code, application, session_id, launch_id, device_id, ip_address, patient_id,
    section, document_id, supplier_codes, purpose, override, reason, search_terms, search_results, segment_position
)
SELECT
    source, event_id, fromUnixTimestamp64Milli(occurred_at, 'UTC'), action, outcome, trigger, staff_id,
    staff_id_system, staff_name, role_code, role_name, organisation_code, site_code, application, session_id,
    launch_id, device_id, ip_address, patient_id, section, document_id, supplier_codes, purpose, override, reason,
    search_terms, search_results, segment_position
FROM segment_lines
WHERE record = 'event'
    AND key IN {keys:Array(UInt64)}
    AND (
        key IN (
            SELECT key
            FROM segment_lines
            WHERE record = 'event' AND key IN {keys:Array(UInt64)}
            GROUP BY key
            HAVING count() > 1
        )
        OR key IN (SELECT key FROM event_keys WHERE key IN {keys:Array(UInt64)})
    )
