-- One row per access of the days: all events of one staff member, in one organisation, on one patient, on one local
-- day. A search without a patient is not an access.
INSERT INTO access_builds (build, day, staff_id_system, staff_id, organisation_code, patient_id, first_at, last_at,
    events, views, openings, user_events, role_code, role_name, sections, overrides)
WITH
-- An event's place among the others, by time and then by source and id, as bytes that sort like it: tuples take twice as long.
concat(reverse(reinterpretAsFixedString(toUnixTimestamp64Milli(e.occurred_at))), e.source, '\0', e.event_id) AS place,
-- What counts as one opening is a rule of the source.
session_sources AS (SELECT source FROM sources WHERE opening_rule = 'session'),
access_sources AS (SELECT source FROM sources WHERE opening_rule = 'access')
SELECT
    {build:UInt64} AS build, e.day, e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id,
    min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at,
    count() AS events,
    countIf(e.action = 'view' AND e.outcome IN ('success', 'unknown')) AS views,
    uniqExactIf(
        multiIf(
            e.source IN access_sources, '',
            e.launch_id != '' AND e.source NOT IN session_sources, concat('launch ', e.launch_id),
            e.session_id != '', concat('session ', e.session_id),
            ''
        ),
        e.action = 'view' AND e.outcome IN ('success', 'unknown')
    ) AS openings,
    countIf(e.trigger != 'system' AND e.outcome IN ('success', 'unknown')) AS user_events,
    argMax(e.role_code, place) AS role_code, argMax(e.role_name, place) AS role_name,
    arraySort(groupUniqArrayIf(e.section, e.section != '')) AS sections,
    arraySort(groupUniqArrayIf(e.override, e.override != '')) AS overrides
FROM committed_events AS e
WHERE e.day IN {days:Array(Date)} AND e.load_seq <= {load_seq:UInt64}
    AND sipHash64(e.staff_id) % {slices:UInt32} = {slice:UInt32} AND e.patient_id != ''
GROUP BY e.day, e.staff_id_system, e.staff_id, e.organisation_code, e.patient_id
