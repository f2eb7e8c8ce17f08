-- What the queue depends on, in figures that change whenever it does, and the build that stands. One row.
SELECT
    (SELECT (count(), max(v.recorded_at)) FROM alert_versions AS v) AS of_alerts,
    (SELECT (count(), max(f.found_at)) FROM findings AS f) AS of_findings,
    (SELECT (count(), max(s.at)) FROM suppressions AS s) AS of_suppressions,
    (SELECT groupArray(s.suppression_id) FROM (
        SELECT made.suppression_id AS suppression_id FROM suppressions_made AS made
        WHERE made.expires_at > {now:DateTime64(3, 'UTC')} AND made.ended_at IS NULL
        ORDER BY made.suppression_id
    ) AS s) AS in_force,
    (SELECT (count(), max(a.at)) FROM activations AS a) AS of_activations,
    (SELECT (count(), max(b.set_at)) FROM queue_budgets AS b) AS of_budgets,
    (SELECT (count(), max(p.set_at)) FROM detector_params AS p) AS of_params,
    (SELECT (count(), max(d.build)) FROM day_builds AS d) AS of_days,
    (SELECT max(i.load_seq) FROM staff_identities_versions AS i) AS of_people
