-- Tries to sign in that have not ended well, by name and by address; they outlive a restart and age away.

CREATE TABLE sign_in_tries (
    key text PRIMARY KEY,
    failures integer NOT NULL CHECK (failures >= 0),
    until bigint NOT NULL
);
COMMENT ON COLUMN sign_in_tries.until IS 'epoch milliseconds; forgotten then';
CREATE INDEX sign_in_tries_until ON sign_in_tries (until);

GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_tries TO linli_api;
