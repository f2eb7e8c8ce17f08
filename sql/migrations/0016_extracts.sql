-- A partial load, too, may say of when it is: an extract of last year tells who lived where then.
ALTER TABLE reference_loads
    COMMENT COLUMN as_of 'instant of the extract, where it was told; for full: when keys that are not in it ended';
