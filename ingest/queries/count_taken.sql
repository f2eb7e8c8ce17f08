-- How many rows of a load had a key that stands with another organisation.
SELECT toUInt32(count()) AS taken
FROM ingest_rejects
WHERE source = {source:String} AND segment_id = {segment_id:String} AND code = 'REFERENCE_KEY_TAKEN'
