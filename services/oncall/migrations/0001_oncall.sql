-- Alertmanager's notifications, what happened to them, and who is asked in which order.

CREATE TABLE notifications (
    id text PRIMARY KEY,
    fingerprint text NOT NULL,
    name text NOT NULL,
    severity text NOT NULL,
    state text NOT NULL CHECK (state IN ('firing', 'acknowledged', 'resolved')),
    started bigint NOT NULL,
    received bigint NOT NULL,
    labels jsonb NOT NULL,
    summary text NOT NULL,
    summary_en text NOT NULL,
    runbook text NOT NULL,
    ended bigint,
    acknowledged bigint,
    acknowledged_by text NOT NULL,
    comment text NOT NULL,
    responsible text NOT NULL,
    step integer NOT NULL,
    escalate_at bigint,
    CHECK ((state = 'resolved') = (ended IS NOT NULL)),
    CHECK (escalate_at IS NULL OR state = 'firing')
);
COMMENT ON TABLE notifications IS 'times are epoch milliseconds';
CREATE INDEX notifications_newest ON notifications (started DESC, id DESC);
CREATE UNIQUE INDEX notifications_firing_once ON notifications (fingerprint, started);
CREATE INDEX notifications_due ON notifications (escalate_at) WHERE escalate_at IS NOT NULL;

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification text NOT NULL REFERENCES notifications (id),
    at bigint NOT NULL,
    what text NOT NULL CHECK (what IN ('received', 'escalated', 'exhausted', 'acknowledged', 'resolved')),
    person text NOT NULL,
    comment text NOT NULL
);
CREATE INDEX events_notification ON events (notification, id);

CREATE TABLE rota (
    step integer PRIMARY KEY,
    person text NOT NULL,
    within_ms bigint NOT NULL CHECK (within_ms > 0)
);

CREATE TABLE heartbeat (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at bigint NOT NULL
);

-- The front door lists, shows and acknowledges.
GRANT USAGE ON SCHEMA oncall TO linli_api;
GRANT SELECT ON notifications, events, rota, heartbeat TO linli_api;
GRANT INSERT, UPDATE ON notifications TO linli_api;
GRANT INSERT ON events TO linli_api;
