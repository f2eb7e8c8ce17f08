-- How many events fit a search: the same conditions as in search_events.sql, over all of its days at once.
WITH
-- Positions of the events that a later reading of their message had superseded by the load that the search stands at.
superseded AS (
    SELECT s.event_load_seq, s.event_position
    FROM superseded_events AS s
    WHERE s.load_seq <= {load_seq:UInt64} AND s.load_seq IN (SELECT segments.load_seq FROM segments)
)
SELECT toUInt32(count()) AS total
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
