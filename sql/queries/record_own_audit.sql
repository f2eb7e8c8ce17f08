-- One row: a look, an export or a command, before it is answered.
INSERT INTO own_audit (at, audit_id, user_id, role, organisation_codes, action, route, subject_kind, subject_ids, detail)
SELECT fromUnixTimestamp64Milli({at:Int64}, 'UTC'), {audit_id:String}, {user_id:String}, {role:String},
    {organisation_codes:Array(String)}, {action:String}, {route:String}, {subject_kind:String},
    {subject_ids:Array(String)}, {detail:String}
