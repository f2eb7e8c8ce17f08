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

ALTER TABLE queue_builds COMMENT COLUMN left_out_alerts 'more than a build takes: the oldest signals are left out, then the oldest alerts';
