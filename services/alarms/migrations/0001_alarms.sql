-- Alarms: one row per episode, every transition, what people asked, outbox. Times are epoch ms.

CREATE TABLE alarms (
    episode text PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    incident text NOT NULL,
    rule text NOT NULL,
    rule_version integer NOT NULL,
    cause text NOT NULL,
    device text NOT NULL,
    kind text NOT NULL,
    metric text NOT NULL,
    area text NOT NULL,
    building text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'major', 'minor', 'warning')),
    worst text NOT NULL CHECK (worst IN ('critical', 'major', 'minor', 'warning')),
    state text NOT NULL CHECK (state IN ('normal', 'active_unack', 'active_ack', 'rtn_unack')),
    active_since bigint NOT NULL,
    raised_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    number integer NOT NULL,
    value double precision,
    "limit" double precision,
    ts bigint,
    arrival bigint,
    normal_since bigint,
    latched boolean NOT NULL,
    backlog boolean NOT NULL,
    acknowledged_by text NOT NULL,
    acknowledged_at bigint,
    comment text NOT NULL,
    last_cause text NOT NULL,
    last_by text NOT NULL,
    last_why text NOT NULL
);
COMMENT ON COLUMN alarms.number IS 'the newest transition taken; an older one changes nothing';
CREATE INDEX alarms_newest ON alarms (active_since DESC, episode DESC);
CREATE INDEX alarms_area ON alarms (area text_pattern_ops, active_since DESC);
CREATE INDEX alarms_device ON alarms (device, active_since DESC);
CREATE INDEX alarms_active ON alarms (severity, active_since DESC) WHERE state IN ('active_unack', 'active_ack');

CREATE TABLE transitions (
    id text PRIMARY KEY,
    episode text NOT NULL,
    number integer NOT NULL,
    at bigint NOT NULL,
    event jsonb NOT NULL
);
CREATE INDEX transitions_episode ON transitions (episode, number);

CREATE TABLE actions (
    id text PRIMARY KEY,
    episode text NOT NULL,
    action text NOT NULL CHECK (action IN ('acknowledge', 'reset', 'close')),
    by text NOT NULL CHECK (by <> ''),
    at bigint NOT NULL,
    why text NOT NULL,
    record jsonb NOT NULL
);
CREATE INDEX actions_episode ON actions (episode, at);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    value bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;
CREATE FUNCTION wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox_alarms', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_wake AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_relay();

-- What others may see of it.
CREATE VIEW alarm AS
    SELECT episode, id, incident, rule, rule_version, cause, device, kind, metric, area, building, severity, worst,
           state, active_since, raised_at, changed_at, number, value, "limit", ts, arrival, normal_since, latched,
           backlog, acknowledged_by, acknowledged_at, comment, last_cause, last_by, last_why
    FROM alarms;
CREATE VIEW transition AS SELECT id, episode, number, at, event FROM transitions;

GRANT USAGE ON SCHEMA alarms TO linli_api;
GRANT SELECT ON alarm, transition TO linli_api;

-- The front door takes people's requests.
GRANT SELECT ON alarms TO linli_api;
GRANT SELECT, INSERT ON actions TO linli_api;
GRANT INSERT (topic, key, value) ON outbox TO linli_api;
