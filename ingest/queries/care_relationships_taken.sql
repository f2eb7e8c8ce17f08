-- Keeps the rows whose key stands with an organisation for which the limited source may not speak, but for what an
-- attempt that did not end has kept already. One reject per line; the line stands for the position.
INSERT INTO ingest_rejects (
    source, dataset, received_at, load_seq, segment_id, segment_position, receipt, position, code, message, event_id,
    raw, raw_encoding
)
SELECT {source:String}, 'care_relationships', fromUnixTimestamp64Milli({received_at:Int64}, 'UTC'), {load_seq:UInt64},
    {segment_id:String}, line, {receipt:String}, line - 1, 'REFERENCE_KEY_TAKEN', {taken_message:String}, '',
    formatRowNoNewline('JSONEachRow', relationship_id, patient_id, organisation_code, kind, starts_at, ends_at, staff_id,
        team, related_organisation_code),
    'utf8'
FROM (SELECT * FROM reference_staging_care_relationships FINAL) AS staged
WHERE line > 0
    AND relationship_id IN (
        SELECT relationship_id
        FROM care_relationships_versions FINAL
        WHERE organisation_code NOT IN {organisation_codes:Array(String)}
            AND relationship_id IN (SELECT relationship_id FROM reference_staging_care_relationships)
    )
    AND line NOT IN (
        SELECT segment_position
        FROM ingest_rejects
        WHERE source = {source:String} AND dataset = 'care_relationships' AND segment_id = {segment_id:String}
            AND code = 'REFERENCE_KEY_TAKEN'
    )
