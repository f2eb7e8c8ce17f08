-- Empties a working table of the loader.
TRUNCATE TABLE {working_table:Identifier}
