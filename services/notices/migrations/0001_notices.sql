-- Messages to people, one per event, person and channel; what people chose; the demo's post box.
-- Times are epoch milliseconds.

CREATE TABLE messages (
    id text PRIMARY KEY,
    event text NOT NULL,
    person text NOT NULL,
    channel text NOT NULL,
    subject text NOT NULL,
    urgency smallint NOT NULL CHECK (urgency BETWEEN 0 AND 2),
    title text NOT NULL,
    body text NOT NULL,
    created bigint NOT NULL,
    due bigint NOT NULL,
    expires bigint NOT NULL,
    ticket text NOT NULL,
    area text NOT NULL,
    held boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts integer NOT NULL CHECK (attempts >= 0),
    error text NOT NULL,
    settled bigint,
    holder text NOT NULL DEFAULT '',
    leased_until bigint NOT NULL DEFAULT 0,
    UNIQUE (event, person, channel),
    CHECK ((state = 'waiting') = (settled IS NULL)),
    CHECK (NOT (held AND urgency = 2)),
    CHECK (state = 'dead' OR channel <> '')
);
COMMENT ON COLUMN messages.held IS 'quiet hours held it back: it is joined with what else they held';
COMMENT ON COLUMN messages.leased_until IS 'a sender has it until then; whoever comes later may take it';
CREATE INDEX messages_due ON messages (urgency DESC, due, id) WHERE state = 'waiting';
CREATE INDEX messages_newest ON messages (created DESC, id DESC);
CREATE INDEX messages_person ON messages (person, created DESC, id DESC);
CREATE INDEX messages_ticket ON messages (ticket, created DESC) WHERE ticket <> '';
CREATE INDEX messages_dead ON messages (settled) WHERE state = 'dead';

CREATE TABLE preferences (
    person text PRIMARY KEY,
    channels text[] NOT NULL,
    muted text[] NOT NULL,
    quiet_from smallint CHECK (quiet_from BETWEEN 0 AND 1439),
    quiet_to smallint CHECK (quiet_to BETWEEN 0 AND 1439),
    language text NOT NULL CHECK (language IN ('zh', 'en')),
    addresses jsonb NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    changed bigint NOT NULL,
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);
COMMENT ON COLUMN preferences.addresses IS 'by channel; private: shown masked, logged never';

CREATE TABLE ways (
    name text PRIMARY KEY CHECK (name <> ''),
    personal boolean NOT NULL,
    is_default boolean NOT NULL
);

CREATE TABLE box (
    id text PRIMARY KEY,
    person text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    at bigint NOT NULL
);
CREATE INDEX box_newest ON box (at DESC, id DESC);
CREATE INDEX box_person ON box (person, at DESC, id DESC);

-- The front door shows messages, sends them again, asks for a test, and keeps what people choose.
GRANT USAGE ON SCHEMA notices TO linli_api;
GRANT SELECT ON messages, preferences, ways, box TO linli_api;
GRANT INSERT, UPDATE ON messages TO linli_api;
GRANT INSERT, UPDATE ON preferences TO linli_api;
