-- Areas, units, devices, rules, people; what changes is mirrored through the outbox.

CREATE TABLE areas (
    code text PRIMARY KEY CHECK (code ~ '^([0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15}|[0-9]{20})$'),
    level text NOT NULL CHECK (level IN ('county', 'street', 'community', 'grid', 'building')),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    geometry jsonb,
    lon double precision,
    lat double precision,
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX areas_prefix ON areas (code text_pattern_ops);

CREATE TABLE units (
    id text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    area text NOT NULL,
    categories text[] NOT NULL DEFAULT '{}',
    phone text NOT NULL DEFAULT ''
);

CREATE TABLE layers (
    name text PRIMARY KEY,
    features jsonb NOT NULL
);

CREATE TABLE devices (
    id text PRIMARY KEY,
    kind text NOT NULL,
    area text NOT NULL REFERENCES areas (code),
    model text NOT NULL DEFAULT '',
    dialect text NOT NULL DEFAULT 'native',
    name text NOT NULL DEFAULT '',
    place text NOT NULL DEFAULT '',
    building text NOT NULL DEFAULT '',
    lon double precision,
    lat double precision,
    attributes jsonb NOT NULL DEFAULT '{}',
    period_s integer NOT NULL DEFAULT 3600 CHECK (period_s > 0),
    installed bigint,
    calibrated bigint,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('planned', 'active', 'maintenance', 'retired')),
    version integer NOT NULL DEFAULT 1
);
COMMENT ON COLUMN devices.installed IS 'epoch milliseconds, as calibrated';
CREATE INDEX devices_area ON devices (area text_pattern_ops, id);
CREATE INDEX devices_kind ON devices (kind, id);

CREATE TABLE device_changes (
    device text NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    record jsonb NOT NULL,
    PRIMARY KEY (device, version)
);

CREATE TABLE rules (
    id text PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL,
    record jsonb NOT NULL
);

CREATE TABLE rule_versions (
    id text NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    record jsonb NOT NULL,
    PRIMARY KEY (id, version)
);

CREATE TABLE users (
    id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN (
        'citizen', 'grid_worker', 'grid_manager', 'operator', 'dispatcher',
        'unit_handler', 'unit_leader', 'supervisor', 'oncall', 'administrator')),
    scope text NOT NULL DEFAULT '',
    unit text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tokens (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('session', 'api')),
    csrf text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tokens_user ON tokens (user_id, csrf);
CREATE INDEX tokens_expiry ON tokens (expires_at);

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
    PERFORM pg_notify('outbox_registry', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_wake AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_relay();

-- What others may see of it.
CREATE VIEW area AS SELECT code, level, name_zh, name_en, geometry, lon, lat, facts FROM areas;
CREATE VIEW unit AS SELECT id, name_zh, name_en, area, categories, phone FROM units;
CREATE VIEW device AS
    SELECT id, kind, area, model, dialect, name, place, building, lon, lat, attributes, period_s, state FROM devices;

GRANT USAGE ON SCHEMA registry TO linli_api, linli_history, linli_alarms, linli_tickets;
GRANT SELECT ON area, unit, device TO linli_api, linli_history, linli_alarms, linli_tickets;

-- The front door runs the registry's own use cases.
GRANT SELECT ON areas, units, layers, devices, rules, rule_versions, users, tokens TO linli_api;
GRANT INSERT, UPDATE ON devices TO linli_api;
GRANT INSERT ON device_changes, tokens TO linli_api;
GRANT DELETE ON tokens TO linli_api;
GRANT INSERT (topic, key, value) ON outbox TO linli_api;
