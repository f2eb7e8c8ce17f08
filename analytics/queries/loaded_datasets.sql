-- The reference datasets of which anything was ever loaded.
SELECT DISTINCT dataset FROM reference_loads WHERE changed > 0
