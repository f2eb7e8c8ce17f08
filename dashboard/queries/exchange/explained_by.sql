-- One row per explanation: how many accesses of the month it applies to. One with several counts for each.
SELECT explanation_id AS id, toFloat64(sum(applied)) AS access_count
FROM
(
    SELECT pair.1 AS explanation_id, pair.2 AS applied
    FROM link_coverage
    ARRAY JOIN arrayZip(mapKeys(explanations), mapValues(explanations)) AS pair
    WHERE toStartOfMonth(day) = {month:Date}
)
GROUP BY id
ORDER BY access_count DESC, id
