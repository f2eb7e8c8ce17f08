-- How many rows of params people have set. One row.
SELECT toUInt32(count()) AS rows
FROM detector_params
