-- What both backends share: the dictionary of series, last values, the set-aside rows, the outbox.
-- Values are integers in units of 1/factor, since those compress far better than floats.

CREATE TABLE devices (
    id text PRIMARY KEY,
    kind text NOT NULL,
    area text NOT NULL,
    period_s integer NOT NULL,
    version integer NOT NULL
);
COMMENT ON TABLE devices IS 'Mirror of linli.devices: who is registered, and in which grid.';

CREATE TABLE series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device text NOT NULL,
    metric text NOT NULL,
    kind text NOT NULL,
    factor double precision NOT NULL CHECK (factor > 0),
    UNIQUE (device, metric)
);
COMMENT ON COLUMN series.factor IS 'value = stored integer / factor; fixed when the series is first seen.';

CREATE TABLE qualities (code smallint PRIMARY KEY, name text NOT NULL UNIQUE);
COMMENT ON TABLE qualities IS 'Codes below 10 may be charted and averaged.';
INSERT INTO qualities VALUES
    (0, 'good'), (1, 'unlisted'), (2, 'over_range'),
    (10, 'test'), (11, 'warmup'), (12, 'fault'), (13, 'sentinel'), (14, 'out_of_range');

CREATE TABLE last_value (
    series integer PRIMARY KEY REFERENCES series,
    ts timestamptz NOT NULL,
    value bigint,
    wide double precision,
    quality smallint NOT NULL,
    flags smallint NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE last_value IS 'As of the last roll; last_values() also sees what came since.';

CREATE TABLE dirty_1m (series integer[] NOT NULL, bucket timestamptz NOT NULL);
COMMENT ON TABLE dirty_1m IS 'Which minutes of which series changed since the last roll: a few rows for each chunk taken in.';
CREATE VIEW dirty_minutes AS
SELECT DISTINCT s.series, d.bucket FROM dirty_1m d CROSS JOIN LATERAL unnest(d.series) AS s (series);

CREATE TABLE misdated (
    series integer NOT NULL REFERENCES series,
    ts bigint NOT NULL,
    value double precision NOT NULL,
    quality smallint NOT NULL,
    flags smallint NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (series, ts)
);
CREATE INDEX misdated_by_ts ON misdated (ts);
COMMENT ON TABLE misdated IS 'Readings whose time stamp is nonsense (1970, 2099): kept, never rolled up. Epoch ms.';

CREATE TABLE quarantine (
    device text NOT NULL,
    metric text NOT NULL,
    ts bigint NOT NULL,
    kind text NOT NULL,
    at bigint NOT NULL,
    value double precision NOT NULL,
    quality smallint NOT NULL,
    flags smallint NOT NULL,
    PRIMARY KEY (device, metric, ts)
);
CREATE INDEX quarantine_by_at ON quarantine (at);

CREATE TABLE quarantine_devices (
    device text PRIMARY KEY,
    kind text NOT NULL,
    readings bigint NOT NULL,
    first_seen bigint NOT NULL,
    last_seen bigint NOT NULL,
    danger smallint NOT NULL,
    last_values jsonb NOT NULL
);
CREATE INDEX quarantine_devices_by_danger ON quarantine_devices (danger DESC, last_seen DESC, device DESC);
COMMENT ON COLUMN quarantine_devices.danger IS 'Rank of the worst severity reached by its claimed kind''s rules; 0 none.';
COMMENT ON COLUMN quarantine_devices.last_values IS 'By metric what arrived last: [ts, value, quality code, at].';

CREATE TABLE dead_letters (
    id text PRIMARY KEY,
    source text NOT NULL,
    origin text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    payload bytea NOT NULL,
    at bigint NOT NULL,
    truncated boolean NOT NULL,
    trace text NOT NULL,
    replayed_at bigint,
    replayed_by text,
    replays integer NOT NULL DEFAULT 0
);
CREATE INDEX dead_letters_by_at ON dead_letters (at DESC, id DESC);

CREATE TABLE policy (
    relation text PRIMARY KEY,
    slice text CHECK (slice IN ('day', 'month')),
    ahead integer NOT NULL DEFAULT 0,
    keep interval NOT NULL
);
COMMENT ON TABLE policy IS 'How long each relation is kept; slice names how plain PostgreSQL partitions it.';
INSERT INTO policy (relation, slice, ahead, keep) VALUES
    ('telemetry', 'day', 3, '90 days'),
    ('rollup_1m', 'month', 1, '400 days'),
    ('rollup_1h', NULL, 0, '3650 days'),
    ('misdated', NULL, 0, '90 days'),
    ('quarantine', NULL, 0, '30 days'),
    ('dead_letters', NULL, 0, '90 days');

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    value bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;
CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox_history', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();
