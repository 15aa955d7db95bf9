-- What holds alarms back: shelving with its end and second person, out of service. Times are epoch ms.

ALTER TABLE alarms
    ADD COLUMN shelved_until bigint,
    ADD COLUMN suppressed_by text NOT NULL DEFAULT '',
    ADD COLUMN out_of_service boolean NOT NULL DEFAULT false,
    ADD COLUMN maintenance boolean NOT NULL DEFAULT false;
DROP VIEW alarm;
CREATE VIEW alarm AS SELECT * FROM alarms;
GRANT SELECT ON alarm TO linli_api;

ALTER TABLE actions DROP CONSTRAINT actions_action_check;
ALTER TABLE actions ADD CONSTRAINT actions_action_check CHECK (
    action IN ('acknowledge', 'reset', 'close', 'shelve', 'unshelve', 'out_of_service', 'in_service')
);

CREATE TABLE holds (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('shelve', 'out_of_service')),
    rule text NOT NULL,
    device text NOT NULL,
    area text NOT NULL,
    episode text NOT NULL,
    by text NOT NULL CHECK (by <> ''),
    at bigint NOT NULL,
    why text NOT NULL CHECK (why <> ''),
    until bigint,
    two boolean NOT NULL,
    second text NOT NULL,
    approved_at bigint,
    ended_by text NOT NULL,
    ended_at bigint,
    CONSTRAINT holds_end CHECK (kind <> 'shelve' OR until > at),
    CONSTRAINT holds_second CHECK (second <> by AND (second = '') = (approved_at IS NULL))
);
CREATE UNIQUE INDEX holds_open ON holds (rule, device, kind) WHERE ended_at IS NULL;
CREATE INDEX holds_area ON holds (area text_pattern_ops) WHERE ended_at IS NULL;

-- The front door takes people's requests.
GRANT SELECT, INSERT ON holds TO linli_api;
GRANT UPDATE (second, approved_at, ended_by, ended_at) ON holds TO linli_api;
