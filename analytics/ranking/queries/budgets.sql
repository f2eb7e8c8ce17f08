-- The budget of each organisation that has one of its own, and of all others under ''.
SELECT organisation_code, argMax(b.items_per_week, b.set_at) AS items_per_week
FROM queue_budgets AS b
GROUP BY b.organisation_code
