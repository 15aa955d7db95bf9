-- Lists: the words that a ticket is searched by, an order by deadline, and the filters that people keep.
-- The caller's name and number are not among the words: a list shows neither.

ALTER TABLE tickets ADD COLUMN words text NOT NULL GENERATED ALWAYS AS (
    number || ' ' || coalesce(body ->> 'title', '') || ' ' || coalesce(body ->> 'place', '') || ' '
    || coalesce(body ->> 'text', '') || ' ' || coalesce(body ->> 'outcome', '')
) STORED;

-- A trigram index helps from three characters on, Chinese ones too; two are looked for by reading.
DO $$
DECLARE
    home text := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                  WHERE extname = 'pg_trgm');
BEGIN
    IF home IS NOT NULL THEN
        EXECUTE format('CREATE INDEX tickets_words ON tickets USING gin (words %I.gin_trgm_ops)', home);
    END IF;
END
$$;
CREATE INDEX tickets_by_deadline ON tickets ((coalesce(deadline, 4611686018427387904)), id);

CREATE VIEW ticket_words AS SELECT id, words FROM tickets;
GRANT SELECT ON ticket_words TO linli_api;

CREATE TABLE saved_filters (
    owner text NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    query jsonb NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (owner, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_filters TO linli_api;
