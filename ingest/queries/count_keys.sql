-- How many keys there are; more than events where a load was repeated.
SELECT count() AS keys FROM event_keys
