-- One row per source: its latest version, key hash included.
SELECT source, toUInt32(version) AS version, key_hash, is_simulated, is_loopback_only, organisation_codes,
    default_staff_id_system, opening_rule, is_ended, reads, certificate_hashes, mapping
FROM source_versions
ORDER BY source, version DESC
LIMIT 1 BY source
