-- Which tickets are one matter: open ones of a place, and a caller's own, each by an index.

CREATE INDEX tickets_open_near ON tickets (area text_pattern_ops, opened_at DESC) WHERE is_open;
CREATE INDEX tickets_caller ON tickets (caller_phone, opened_at DESC, id DESC) WHERE caller_phone <> '';

-- What the hotline's people keep for each other: versions are written once, and the newest one holds.
CREATE TABLE board (
    noun text NOT NULL CHECK (noun IN ('answer', 'works')),
    id text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    at bigint NOT NULL,
    by text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (noun, id, version)
);
GRANT SELECT, INSERT ON board TO linli_api;
