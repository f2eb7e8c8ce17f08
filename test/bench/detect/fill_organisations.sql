-- One row per organisation: every fourth a practice of a network of ten, the others trusts and services, in seven areas.
INSERT INTO organisations_versions (organisation_code, name, type, area_code, parent_code, source, load_seq, line)
SELECT concat('RX', toString(1000 + number)) AS organisation_code, concat('Organisation ', toString(number)) AS name,
    arrayElement(['gp', 'acute', 'mental_health', 'community', 'gp', 'acute', 'nhs111', 'social_care'], 1 + number % 8) AS type,
    concat('A', toString(number % 7)) AS area_code,
    if(number % 4 = 0, concat('NET', toString(intDiv(number, 40))), '') AS parent_code,
    'bench' AS source, {load_seq:UInt64} AS load_seq, toUInt32(number) AS line
FROM numbers({organisations:UInt64})
