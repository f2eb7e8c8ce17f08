-- As reference_changed, but for keys that stand with an organisation for which a limited source may not speak: whoever
-- knows another organisation's relationship_id could otherwise put their own row in its place. No list: no limit.
INSERT INTO care_relationships_versions
SELECT * REPLACE ({load_seq:UInt64} AS load_seq, {source:String} AS source)
FROM (SELECT * FROM reference_staging_care_relationships FINAL) AS staged
WHERE line > 0
    AND content_hash NOT IN (
        SELECT content_hash
        FROM (SELECT content_hash, ended_at FROM care_relationships_versions FINAL) AS standing
        WHERE ended_at IS NULL
    )
    AND relationship_id NOT IN (
        SELECT relationship_id
        FROM care_relationships_versions FINAL
        WHERE notEmpty({organisation_codes:Array(String)})
            AND organisation_code NOT IN {organisation_codes:Array(String)}
            AND relationship_id IN (SELECT relationship_id FROM reference_staging_care_relationships)
    )
