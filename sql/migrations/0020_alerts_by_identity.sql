-- The latest version of each alert, as before, and grouped by all that its identity is made of: what a page asks for by
-- detector, organisation, person or day is then left out before versions are grouped, and not after. A million alerts,
-- most of them signals that stand in no list, were more than a page may hold. raised_at is when it was first raised.
CREATE OR REPLACE VIEW alerts AS
SELECT alert_id, detector_id, argMax(v.detector_version, v.version) AS detector_version, staff_id_system, staff_id,
    organisation_code, argMax(v.patient_id, v.version) AS patient_id, day,
    argMax(v.first_at, v.version) AS first_at, argMax(v.last_at, v.version) AS last_at,
    min(v.recorded_at) AS raised_at, max(v.recorded_at) AS changed_at,
    argMax(v.event_ids, v.version) AS event_ids, argMax(v.sources, v.version) AS sources,
    argMax(v.score, v.version) AS score, argMax(v.severity, v.version) AS severity,
    multiIf(argMax(v.change, v.version) = 'withdrawn', 'withdrawn',
        alert_id IN (
            SELECT f.alert_id FROM findings AS f GROUP BY f.alert_id HAVING argMax(f.change, f.found_at) = 'closed'
        ), 'closed', 'open') AS status,
    argMax(v.reason, v.version) AS reason, argMax(v.change_reason, v.version) AS change_reason,
    argMax(v.facts, v.version) AS facts, max(v.version) AS version
FROM alert_versions AS v
GROUP BY alert_id, detector_id, staff_id_system, staff_id, organisation_code, day;

ALTER TABLE queue_builds COMMENT COLUMN left_out_alerts 'more than a build takes: the oldest signals are left out, then the oldest closed alerts, then the oldest';

-- The queue, as before; of alerts only those that are in it are read.
CREATE OR REPLACE VIEW queue_items AS
SELECT q.item_id AS item_id, q.rank AS rank, q.organisation_code AS organisation_code,
    q.rank_in_organisation AS rank_in_organisation, q.staff_id AS staff_id, q.patient_ids AS patient_ids,
    q.alert_ids AS alert_ids, arrayMap(cited -> cited.2, e.cited) AS event_ids, q.first_at AS first_at, q.last_at AS last_at,
    q.expected_yield AS expected_yield, q.reason AS reason, arrayMap(cited -> cited.1, e.cited) AS sources,
    q.staff_id_system AS staff_id_system, q.lane AS lane, q.severity AS severity, q.grouping_reason AS grouping_reason,
    q.detector_ids AS detector_ids, q.signal_alert_ids AS signal_alert_ids, q.priority AS priority, q.week AS week,
    q.is_within_budget AS is_within_budget, q.is_sampled AS is_sampled
FROM (SELECT * FROM queue_entries LIMIT 1 BY item_id) AS q
LEFT JOIN (
    SELECT i.item_id AS item_id, arraySort(groupUniqArrayArray(v.cited)) AS cited
    FROM (SELECT queue_entries.item_id AS item_id, arrayJoin(queue_entries.alert_ids) AS alert_id FROM queue_entries) AS i
    INNER JOIN (
        SELECT a.alert_id AS alert_id,
            arrayZip(argMax(a.sources, a.version), argMax(a.event_ids, a.version)) AS cited
        FROM alert_versions AS a
        WHERE a.alert_id IN (SELECT arrayJoin(queue_entries.alert_ids) FROM queue_entries)
        GROUP BY a.alert_id
    ) AS v ON v.alert_id = i.alert_id
    GROUP BY i.item_id
) AS e ON e.item_id = q.item_id;
