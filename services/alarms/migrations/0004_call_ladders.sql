-- Call ladders of critical gas: one an incident, its log, its messages. Times are epoch ms.

CREATE TABLE call_ladders (
    incident text PRIMARY KEY,
    area text NOT NULL,
    call integer NOT NULL CHECK (call > 0),
    number integer NOT NULL CHECK (number > 0),
    calling boolean NOT NULL,
    awaiting boolean NOT NULL,
    unreached integer NOT NULL CHECK (unreached >= 0),
    due_at bigint,
    step_due_at bigint,
    body jsonb NOT NULL
);
COMMENT ON COLUMN call_ladders.due_at IS 'when to look at it next; NULL: only people and detectors move it';
COMMENT ON COLUMN call_ladders.step_due_at IS 'the first step that time has to bring: older than now means late';
CREATE INDEX call_ladders_due ON call_ladders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX call_ladders_open ON call_ladders (incident) WHERE calling OR awaiting;

CREATE TABLE call_steps (
    incident text NOT NULL REFERENCES call_ladders (incident),
    number integer NOT NULL CHECK (number > 0),
    call integer NOT NULL,
    arrival integer NOT NULL,
    what text NOT NULL CHECK (what IN (
        'started', 'fire_call', 'second', 'leader', 'called_again', 'district', 'joined', 'acknowledged',
        'held_back', 'ended', 'arrived', 'cleared', 'closed', 'reopened', 'silent')),
    at bigint NOT NULL,
    by text NOT NULL,
    why text NOT NULL,
    record jsonb NOT NULL,
    PRIMARY KEY (incident, number)
);
-- A step of time is taken once, whoever passes time.
CREATE UNIQUE INDEX call_steps_once ON call_steps (incident, call, what)
    WHERE what IN ('started', 'fire_call', 'second', 'leader');
CREATE UNIQUE INDEX call_steps_district ON call_steps (incident, arrival) WHERE what = 'district';

CREATE TABLE call_notices (
    id text PRIMARY KEY,
    incident text NOT NULL,
    number integer NOT NULL,
    at bigint NOT NULL,
    record jsonb NOT NULL,
    FOREIGN KEY (incident, number) REFERENCES call_steps (incident, number)
);
CREATE INDEX call_notices_incident ON call_notices (incident, number);

-- A crew's arrival comes by another topic than the alarm, and may be here first.
CREATE TABLE arrivals (
    id text PRIMARY KEY,
    incident text NOT NULL CHECK (incident <> ''),
    at bigint NOT NULL,
    by text NOT NULL
);
CREATE INDEX arrivals_incident ON arrivals (incident, at);

-- People look at ladders, and end a call by acknowledging: a step without a message.
GRANT SELECT ON call_ladders, call_steps, call_notices TO linli_api;
GRANT UPDATE (area, call, number, calling, awaiting, unreached, due_at, step_due_at, body) ON call_ladders TO linli_api;
GRANT INSERT ON call_steps TO linli_api;
