-- Alarm quality: what it reads of each transition as columns of their own, found by area and time.

-- Generated from the event, so that no writer can forget them and none can contradict it. Area codes
-- compare by bytes: a prefix is then a range, which an index serves whatever the planner knows of it.
ALTER TABLE transitions
    ADD COLUMN area text COLLATE "C" GENERATED ALWAYS AS (event ->> 'grid') STORED,
    ADD COLUMN device text GENERATED ALWAYS AS (event ->> 'device') STORED,
    ADD COLUMN rule text GENERATED ALWAYS AS (event ->> 'rule') STORED,
    ADD COLUMN severity text GENERATED ALWAYS AS (event ->> 'severity') STORED,
    ADD COLUMN old text GENERATED ALWAYS AS (event ->> 'old') STORED,
    ADD COLUMN new text GENERATED ALWAYS AS (event ->> 'new') STORED,
    ADD COLUMN cause text GENERATED ALWAYS AS (event ->> 'cause') STORED,
    ADD COLUMN since bigint GENERATED ALWAYS AS ((event ->> 'since')::bigint) STORED,
    ADD COLUMN ts bigint GENERATED ALWAYS AS ((event ->> 'ts')::bigint) STORED,
    ADD COLUMN normal_since bigint GENERATED ALWAYS AS ((event ->> 'normal_since')::bigint) STORED,
    ADD COLUMN hidden boolean GENERATED ALWAYS AS (
        COALESCE(event -> 'backlog', 'false') = 'true' OR COALESCE(event -> 'list_only', 'false') = 'true'
        OR COALESCE(event -> 'out_of_service', 'false') = 'true' OR COALESCE(event -> 'maintenance', 'false') = 'true'
        OR event ->> 'shelved_until' IS NOT NULL OR COALESCE(event ->> 'suppressed_by', '') <> ''
    ) STORED;
CREATE INDEX transitions_area ON transitions (area, at);
CREATE INDEX transitions_at ON transitions (at);

-- Which alarms stood at a given moment: the time that each stood, open where it still does.
CREATE INDEX alarms_stood ON alarms USING gist (
    int8range(raised_at, CASE WHEN state = 'normal' THEN greatest(raised_at, changed_at) END, '[]')
);

CREATE OR REPLACE VIEW transition AS
    SELECT id, episode, number, at, event, area, device, rule, severity, old, new, cause, since, ts, normal_since,
           hidden
    FROM transitions;

-- What quality is measured against, each version that people made; the newest is in force.
CREATE TABLE quality_targets (
    version integer PRIMARY KEY CHECK (version > 0),
    targets jsonb NOT NULL,
    by text NOT NULL CHECK (by <> ''),
    at bigint NOT NULL
);
GRANT SELECT, INSERT ON quality_targets TO linli_api;
