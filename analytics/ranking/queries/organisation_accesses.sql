-- Accesses by a person's hand that were rolled up, by organisation.
SELECT organisation_code, toFloat64(sum(accesses)) AS accesses
FROM link_coverage
GROUP BY organisation_code
