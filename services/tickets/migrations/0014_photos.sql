-- Photos of tickets: what is known of each. The pictures themselves lie in the blob store, under names made of
-- ticket and id. A row is there before its picture and goes after it, so that none is ever forgotten there.

CREATE TABLE photos (
    ticket text NOT NULL REFERENCES tickets (id),
    id text NOT NULL CHECK (id ~ '^[0-9a-f]{64}$'),
    by text NOT NULL CHECK (by <> ''),
    at bigint NOT NULL,
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    size bigint NOT NULL CHECK (size > 0),
    stored boolean NOT NULL DEFAULT false,
    shown_at bigint,
    PRIMARY KEY (ticket, id),
    CHECK (shown_at IS NULL OR stored)
);
COMMENT ON COLUMN photos.id IS 'SHA-256 of what was sent: the same picture is one photo of a ticket';
COMMENT ON COLUMN photos.stored IS 'the picture is in the blob store; until then nobody sees the photo';
COMMENT ON COLUMN photos.shown_at IS 'when an action showed it; what none showed is removed after a day';
CREATE INDEX photos_unshown ON photos (at) WHERE shown_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON photos TO linli_api;
