-- How many sources are not simulated, but for one that ended before it sent anything.
SELECT toUInt32(uniqExact(source)) AS sources
FROM source_versions
WHERE NOT is_simulated
    AND
    (
        source NOT IN (SELECT source FROM sources WHERE is_ended)
        OR source IN (SELECT source FROM receipts)
        OR source IN (SELECT source FROM reference_loads)
    )
