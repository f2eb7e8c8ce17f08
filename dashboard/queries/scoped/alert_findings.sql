-- What reviewers concluded on some alerts, the latest first, and whether it stands: of two that were made on the same
-- predecessor, the first does.
SELECT finding_id, alert_id, change, finding, note, author_name, previous_finding_id, alert_version,
    finding_id IN
    (
        SELECT finding_id
        FROM standing_findings
        WHERE alert_id IN {alert_ids:Array(String)} AND organisation_code IN {organisation_codes:Array(String)}
    ) AS stands,
    toFloat64(toUnixTimestamp64Milli(found_at)) AS found_at_ms
FROM findings
WHERE alert_id IN {alert_ids:Array(String)} AND organisation_code IN {organisation_codes:Array(String)}
    AND alert_id NOT IN
    (
        SELECT v.alert_id
        FROM alert_versions AS v
        WHERE v.alert_id IN {alert_ids:Array(String)}
            AND has({own_staff:Array(String)}, concat(v.staff_id_system, '|', v.staff_id))
    )
ORDER BY findings.found_at DESC, finding_id DESC
