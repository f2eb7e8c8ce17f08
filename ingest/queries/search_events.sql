-- One page of the events of some local days that fit a search, after a position in the order of time, source and id.
-- What PREWHERE says is in short the same as the lists of lists say: it lets few rows be read in full.
-- An empty list of a filter leaves everything; a list of lists has to fit with one of each. `direction` is 1 or -1.
WITH
-- Positions of the events that a later reading of their message had superseded by the load that the search stands at.
superseded AS (
    SELECT s.event_load_seq, s.event_position
    FROM superseded_events AS s
    WHERE s.load_seq <= {load_seq:UInt64} AND s.load_seq IN (SELECT segments.load_seq FROM segments)
)
SELECT source, event_id, toInt64(toUnixTimestamp64Milli(occurred_at)) AS occurred_at_ms,
    toInt64(toUnixTimestamp64Milli(received_at)) AS received_at_ms, action, outcome, trigger, staff_id,
    staff_id_system, staff_name, role_code, role_name, organisation_code, site_code, application, session_id,
    launch_id, device_id, ip_address, patient_id, section, document_id, supplier_codes, purpose, override, reason,
    search_terms, search_results
FROM access_events
PREWHERE day BETWEEN {first_day:Date} AND {last_day:Date}
    AND (empty({days:Array(Date)}) OR day IN {days:Array(Date)})
    AND (empty({patients:Array(String)}) OR patient_id IN {patients:Array(String)})
    AND (empty({agent_values:Array(String)})
        OR staff_id IN {agent_values:Array(String)} OR organisation_code IN {agent_values:Array(String)})
    AND (empty({address_values:Array(String)})
        OR ip_address IN {address_values:Array(String)} OR device_id IN {address_values:Array(String)})
    AND (empty({entity_values:Array(String)})
        OR patient_id IN {entity_values:Array(String)} OR document_id IN {entity_values:Array(String)})
WHERE occurred_at >= fromUnixTimestamp64Milli({occurred_from:Int64}, 'UTC')
    AND occurred_at < fromUnixTimestamp64Milli({occurred_to:Int64}, 'UTC')
    AND received_at >= fromUnixTimestamp64Milli({received_from:Int64}, 'UTC')
    AND received_at < fromUnixTimestamp64Milli({received_to:Int64}, 'UTC')
    AND load_seq <= {load_seq:UInt64}
    AND load_seq IN (SELECT segments.load_seq FROM segments)
    AND (load_seq, segment_position) NOT IN (SELECT event_load_seq, event_position FROM superseded)
    AND (empty({scope_sources:Array(String)}) OR source IN {scope_sources:Array(String)})
    AND (empty({scope_organisations:Array(String)}) OR organisation_code IN {scope_organisations:Array(String)})
    AND (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
    AND (empty({actions:Array(String)}) OR action IN {actions:Array(String)})
    AND (empty({outcomes:Array(String)}) OR outcome IN {outcomes:Array(String)})
    AND (empty({agents:Array(Array(String))}) OR arrayAll(
        wanted -> hasAny(wanted, [
            staff_id, concat(staff_id_system, '|', staff_id), concat(staff_id_system, '|'),
            toString(organisation_code), concat({organisation_system:String}, '|', organisation_code),
            concat({organisation_system:String}, '|')]),
        {agents:Array(Array(String))}))
    AND (empty({addresses:Array(Array(String))}) OR arrayAll(
        wanted -> hasAny(wanted, arrayFilter(address -> address != '', [ip_address, device_id])),
        {addresses:Array(Array(String))}))
    AND (empty({entities:Array(Array(String))}) OR arrayAll(
        wanted -> hasAny(wanted, arrayConcat(
            if(patient_id = '', [], [patient_id, concat({nhs_number_system:String}, '|', patient_id),
                concat({nhs_number_system:String}, '|')]),
            if(document_id = '', [], [document_id, concat('|', document_id)]))),
        {entities:Array(Array(String))}))
    AND (empty({entity_types:Array(Array(String))}) OR arrayAll(
        wanted -> hasAny(wanted, [if(patient_id != '', '1', ''),
            if(section != '' OR document_id != '' OR action = 'search', '2', '')]),
        {entity_types:Array(Array(String))}))
    AND (empty({entity_roles:Array(Array(String))}) OR arrayAll(
        wanted -> hasAny(wanted, [if(patient_id != '', '1', ''), if(section != '' OR document_id != '', '3', ''),
            if(action = 'search', '24', '')]),
        {entity_roles:Array(Array(String))}))
    AND (empty({ids:Array(String)}) OR lower(hex(SHA256(concat(source, '\n', event_id)))) IN {ids:Array(String)})
    AND ({direction:Int8} * toUnixTimestamp64Milli(occurred_at), toString(source), event_id)
        > ({direction:Int8} * {after_ms:Int64}, {after_source:String}, {after_event_id:String})
ORDER BY {direction:Int8} * occurred_at_ms, source, event_id
LIMIT {count:UInt32}
