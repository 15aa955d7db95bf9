-- People are administered: versions, passwords that are good once, and an administrator that stays.

ALTER TABLE users
    ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD COLUMN once_until bigint,
    ADD COLUMN command text UNIQUE,
    ADD CONSTRAINT users_of_a_unit UNIQUE (id, unit);
COMMENT ON COLUMN users.once_until IS 'epoch milliseconds: the password was given, is good until then, and has to be replaced';
COMMENT ON COLUMN users.command IS 'the request that made this person, so that the same one makes nobody else';

-- Two administrators who demote each other at once wait here for one another, and the second is refused.
CREATE FUNCTION users_keep_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('registry administrators', 0));
    IF NOT EXISTS (
        SELECT FROM registry.users
        WHERE role = 'administrator' AND active AND scope = '' AND password_hash <> ''
    ) THEN
        RAISE EXCEPTION 'nobody would be left who administers the district' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_administered AFTER UPDATE OF role, active, scope OR DELETE ON users FOR EACH ROW
    WHEN (OLD.role = 'administrator' AND OLD.active AND OLD.scope = '')
    EXECUTE FUNCTION users_keep_an_administrator();

-- The front door runs the registry's own use cases.
GRANT INSERT (id, name, role, scope, unit, active, password_hash, command) ON users TO linli_api;
GRANT UPDATE (name, role, scope, unit, active, password_hash, once_until, version) ON users TO linli_api;
