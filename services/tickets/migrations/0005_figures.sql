-- Figures: one narrow row a ticket, kept in the ticket's own transaction and made anew from the log when its
-- definition changes; and the rules by which rates follow from it, as versions that are written once.

CREATE TABLE ticket_figures (
    ticket text PRIMARY KEY REFERENCES tickets (id),
    definition smallint NOT NULL,
    opened_at bigint NOT NULL,
    closed_at bigint,
    area text NOT NULL,
    category text NOT NULL,
    unit text NOT NULL,
    accepted boolean NOT NULL,
    dispatched boolean NOT NULL,
    sign_decided boolean NOT NULL,
    sign_missed boolean NOT NULL,
    sign_due bigint,
    returned boolean NOT NULL,
    repeated boolean NOT NULL,
    late boolean NOT NULL,
    valid boolean NOT NULL,
    contacted boolean NOT NULL,
    judged boolean NOT NULL,
    solved boolean NOT NULL,
    satisfied text NOT NULL DEFAULT '' CHECK (satisfied IN ('', 'satisfied', 'mostly', 'dissatisfied')),
    discover bigint,
    accept bigint,
    resolve bigint,
    confirm bigint,
    feed_back bigint,
    in_discovery bigint,
    in_dispatch bigint,
    in_resolve bigint,
    in_feedback bigint,
    body jsonb NOT NULL,
    CHECK (NOT valid OR satisfied <> ''),
    CHECK (judged OR NOT solved)
);
COMMENT ON COLUMN ticket_figures.body IS 'the whole record, to go on from; the other columns are read from it';
COMMENT ON COLUMN ticket_figures.sign_due IS 'when a signing clock that runs now is due: unsigned after that counts as missed';
CREATE INDEX ticket_figures_opened ON ticket_figures (opened_at);
CREATE INDEX ticket_figures_closed ON ticket_figures (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE scorings (
    version integer PRIMARY KEY CHECK (version > 0),
    body jsonb NOT NULL,
    at bigint NOT NULL,
    by text NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON ticket_figures TO linli_api;
GRANT SELECT, INSERT ON scorings TO linli_api;
