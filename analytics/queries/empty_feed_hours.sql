-- Empties the hours of feeds, which are then filled anew from the first load.
TRUNCATE TABLE feed_hour_parts
