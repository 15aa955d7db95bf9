-- Tickets: the present state, the log that gives it, one open ticket per incident, clocks, outbox.
-- Times are epoch milliseconds, as on every wire.

CREATE TABLE tickets (
    id text PRIMARY KEY,
    number text NOT NULL UNIQUE,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL CHECK (state IN ('reported', 'accepted', 'to_dispatch', 'dispatched', 'signed', 'return_review', 'in_progress', 'checking', 'callback', 'redo', 'closed', 'archived', 'withdrawn')),
    stage text NOT NULL CHECK (stage IN ('discovery', 'dispatch', 'resolve', 'feedback')),
    source text NOT NULL,
    incident text NOT NULL DEFAULT '',
    device text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    area text NOT NULL DEFAULT '',
    category text NOT NULL DEFAULT '',
    urgency smallint NOT NULL CHECK (urgency BETWEEN 0 AND 2),
    lead text NOT NULL DEFAULT '',
    assisting text[] NOT NULL DEFAULT '{}',
    reporter text NOT NULL DEFAULT '',
    caller_phone text NOT NULL DEFAULT '',
    card text NOT NULL DEFAULT '' CHECK (card IN ('', 'yellow', 'red')),
    deadline bigint,
    due_at bigint,
    opened_at bigint NOT NULL,
    closed_at bigint,
    is_open boolean NOT NULL GENERATED ALWAYS AS (state NOT IN ('closed', 'archived', 'withdrawn')) STORED,
    body jsonb NOT NULL
);
COMMENT ON COLUMN tickets.body IS 'the whole ticket; the other columns are read from it for lists and constraints';
COMMENT ON COLUMN tickets.due_at IS 'when the scheduler has to look at it next';
CREATE UNIQUE INDEX one_open_ticket_per_incident ON tickets (incident) WHERE incident <> '' AND is_open;
CREATE INDEX tickets_incident ON tickets (incident, closed_at DESC) WHERE incident <> '';
CREATE INDEX tickets_newest ON tickets (opened_at DESC, id DESC);
CREATE INDEX tickets_area ON tickets (area text_pattern_ops, opened_at DESC);
CREATE INDEX tickets_device ON tickets (device, opened_at DESC) WHERE device <> '';
CREATE INDEX tickets_due ON tickets (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE ticket_events (
    id text PRIMARY KEY,
    ticket text NOT NULL REFERENCES tickets (id),
    version integer NOT NULL,
    action text NOT NULL,
    old text NOT NULL,
    new text NOT NULL,
    at bigint NOT NULL,
    by text NOT NULL,
    role text NOT NULL,
    why text NOT NULL DEFAULT '',
    evidence jsonb NOT NULL DEFAULT '{}',
    UNIQUE (ticket, version),
    CONSTRAINT ticket_events_transition CHECK ((old, action, new) IN (
        -- transitions
        ('', 'report', 'reported'),
        ('accepted', 'classify', 'to_dispatch'),
        ('accepted', 'mark', 'accepted'),
        ('accepted', 'normal', 'accepted'),
        ('accepted', 'note', 'accepted'),
        ('accepted', 'raise', 'accepted'),
        ('accepted', 'realarm', 'accepted'),
        ('accepted', 'withdraw', 'withdrawn'),
        ('callback', 'callback', 'callback'),
        ('callback', 'callback', 'closed'),
        ('callback', 'callback', 'redo'),
        ('callback', 'mark', 'callback'),
        ('callback', 'normal', 'callback'),
        ('callback', 'note', 'callback'),
        ('callback', 'raise', 'callback'),
        ('callback', 'realarm', 'in_progress'),
        ('checking', 'check_bad', 'redo'),
        ('checking', 'check_ok', 'callback'),
        ('checking', 'check_ok', 'closed'),
        ('checking', 'mark', 'checking'),
        ('checking', 'normal', 'checking'),
        ('checking', 'note', 'checking'),
        ('checking', 'raise', 'checking'),
        ('checking', 'realarm', 'in_progress'),
        ('closed', 'archive', 'archived'),
        ('closed', 'normal', 'closed'),
        ('closed', 'realarm', 'redo'),
        ('closed', 'reopen', 'redo'),
        ('dispatched', 'arrive', 'in_progress'),
        ('dispatched', 'mark', 'dispatched'),
        ('dispatched', 'normal', 'dispatched'),
        ('dispatched', 'note', 'dispatched'),
        ('dispatched', 'raise', 'dispatched'),
        ('dispatched', 'realarm', 'dispatched'),
        ('dispatched', 'return', 'return_review'),
        ('dispatched', 'sign', 'signed'),
        ('dispatched', 'withdraw', 'withdrawn'),
        ('in_progress', 'arrive', 'in_progress'),
        ('in_progress', 'contact', 'in_progress'),
        ('in_progress', 'finish', 'checking'),
        ('in_progress', 'interim', 'in_progress'),
        ('in_progress', 'mark', 'in_progress'),
        ('in_progress', 'normal', 'in_progress'),
        ('in_progress', 'note', 'in_progress'),
        ('in_progress', 'raise', 'in_progress'),
        ('in_progress', 'realarm', 'in_progress'),
        ('in_progress', 'withdraw', 'withdrawn'),
        ('redo', 'arrive', 'in_progress'),
        ('redo', 'contact', 'redo'),
        ('redo', 'interim', 'redo'),
        ('redo', 'mark', 'redo'),
        ('redo', 'normal', 'redo'),
        ('redo', 'note', 'redo'),
        ('redo', 'raise', 'redo'),
        ('redo', 'realarm', 'redo'),
        ('redo', 'sign', 'in_progress'),
        ('reported', 'accept', 'accepted'),
        ('reported', 'mark', 'reported'),
        ('reported', 'normal', 'reported'),
        ('reported', 'note', 'reported'),
        ('reported', 'raise', 'reported'),
        ('reported', 'realarm', 'reported'),
        ('reported', 'withdraw', 'withdrawn'),
        ('return_review', 'mark', 'return_review'),
        ('return_review', 'normal', 'return_review'),
        ('return_review', 'note', 'return_review'),
        ('return_review', 'raise', 'return_review'),
        ('return_review', 'realarm', 'return_review'),
        ('return_review', 'return_no', 'dispatched'),
        ('return_review', 'return_no', 'signed'),
        ('return_review', 'return_ok', 'to_dispatch'),
        ('signed', 'arrive', 'in_progress'),
        ('signed', 'contact', 'in_progress'),
        ('signed', 'interim', 'in_progress'),
        ('signed', 'mark', 'signed'),
        ('signed', 'normal', 'signed'),
        ('signed', 'note', 'signed'),
        ('signed', 'raise', 'signed'),
        ('signed', 'realarm', 'signed'),
        ('signed', 'return', 'return_review'),
        ('signed', 'withdraw', 'withdrawn'),
        ('to_dispatch', 'dispatch', 'dispatched'),
        ('to_dispatch', 'mark', 'to_dispatch'),
        ('to_dispatch', 'normal', 'to_dispatch'),
        ('to_dispatch', 'note', 'to_dispatch'),
        ('to_dispatch', 'raise', 'to_dispatch'),
        ('to_dispatch', 'realarm', 'to_dispatch'),
        ('to_dispatch', 'withdraw', 'withdrawn'),
        ('withdrawn', 'archive', 'archived')
        -- end of transitions
    ))
);

CREATE TABLE ticket_episodes (
    episode text PRIMARY KEY,
    ticket text NOT NULL REFERENCES tickets (id),
    rule text NOT NULL,
    device text NOT NULL,
    severity text NOT NULL,
    active boolean NOT NULL,
    since bigint NOT NULL,
    normal_since bigint
);
CREATE INDEX ticket_episodes_ticket ON ticket_episodes (ticket);

CREATE TABLE clocks (
    ticket text NOT NULL REFERENCES tickets (id),
    clock text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'paused', 'done')),
    started bigint NOT NULL,
    due bigint NOT NULL,
    card text NOT NULL DEFAULT '' CHECK (card IN ('', 'yellow', 'red')),
    PRIMARY KEY (ticket, clock)
);

CREATE TABLE counters (
    day text PRIMARY KEY,
    last integer NOT NULL
);

CREATE TABLE requests (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    ticket text NOT NULL REFERENCES tickets (id),
    version integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

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
    PERFORM pg_notify('outbox_tickets', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_wake AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_relay();

-- What others may see of it.
CREATE VIEW ticket AS
    SELECT id, number, version, state, stage, source, incident, device, kind, area, category, urgency, lead,
           assisting, reporter, card, deadline, opened_at, closed_at, is_open, body
    FROM tickets;
CREATE VIEW ticket_event AS
    SELECT id, ticket, version, action, old, new, at, by, role, why, evidence FROM ticket_events;
CREATE VIEW ticket_of_episode AS SELECT episode, ticket AS ticket_id FROM ticket_episodes;

GRANT USAGE ON SCHEMA tickets TO linli_api;
GRANT SELECT ON ticket, ticket_event, ticket_of_episode TO linli_api;

-- The front door runs the loop's own use cases.
GRANT SELECT, INSERT, UPDATE ON tickets, ticket_episodes, clocks, counters TO linli_api;
GRANT SELECT, INSERT ON ticket_events, requests TO linli_api;
GRANT INSERT (topic, key, value) ON outbox TO linli_api;
