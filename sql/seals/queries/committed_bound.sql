-- The highest number of a committed load, of events or of reference data; 0 before the first.
SELECT toString(greatest(
    (SELECT max(load_seq) FROM segments),
    (SELECT max(load_seq) FROM reference_loads))) AS load_seq
