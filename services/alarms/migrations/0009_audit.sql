-- The audit log of who held alarms back, who agreed, and who let them go: append-only, chained entry by entry.

CREATE TABLE audit (
    number bigint PRIMARY KEY,
    at bigint NOT NULL,
    by text NOT NULL CHECK (by <> ''),
    role text NOT NULL DEFAULT '',
    did text NOT NULL,
    subject text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '{}',
    previous bytea NOT NULL UNIQUE CHECK (length(previous) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
COMMENT ON COLUMN audit.previous IS 'the hash of the entry before: one entry has one successor';
CREATE INDEX audit_newest ON audit (at DESC, number DESC);
CREATE INDEX audit_by ON audit (by, at DESC);

-- The database makes number and hash: whoever writes an entry chooses neither.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record;
    field text;
    raw bytea := '';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit alarms', 0));
    SELECT number, hash INTO before FROM alarms.audit ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(before.number, 0) + 1;
    NEW.previous := coalesce(before.hash, decode(repeat('00', 32), 'hex'));
    FOREACH field IN ARRAY ARRAY[NEW.number::text, NEW.at::text, NEW."by", NEW.role, NEW.did, NEW.subject, NEW.detail] LOOP
        raw := raw || convert_to(octet_length(convert_to(field, 'UTF8')) || ':' || field, 'UTF8');
    END LOOP;
    NEW.hash := sha256(NEW.previous || raw);
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_chained BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'alarms.audit is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stands();

GRANT SELECT, INSERT (at, by, role, did, subject, detail) ON audit TO linli_api;
