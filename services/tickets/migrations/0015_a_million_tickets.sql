-- A million tickets: the first page of every list comes from an index, and figures are counted from an index alone.

CREATE INDEX tickets_open_newest ON tickets (opened_at DESC, id DESC) WHERE is_open;
CREATE INDEX tickets_lead ON tickets (lead, opened_at DESC, id DESC) WHERE lead <> '';
CREATE INDEX tickets_assisting ON tickets USING gin (assisting);
CREATE INDEX tickets_category ON tickets (category, opened_at DESC, id DESC);
CREATE INDEX tickets_carded ON tickets (card, opened_at DESC, id DESC) WHERE card <> '';
CREATE INDEX tickets_supervised ON tickets (opened_at DESC, id DESC) WHERE supervised;
CREATE INDEX tickets_urgent ON tickets (
    (coalesce(-urgency::bigint, 4611686018427387904)), (coalesce(deadline, 4611686018427387904)), id
);
CREATE INDEX tickets_last_closed ON tickets ((coalesce(-closed_at, 4611686018427387904)), id);

DROP INDEX ticket_figures_opened;
DROP INDEX ticket_figures_closed;
CREATE INDEX ticket_figures_opened ON ticket_figures (opened_at)
    INCLUDE (area, unit, category, accepted, dispatched, sign_decided, sign_missed, sign_due, returned, repeated);
CREATE INDEX ticket_figures_closed ON ticket_figures (closed_at)
    INCLUDE (area, unit, category, late, valid, contacted, judged, solved, satisfied, discover, accept, resolve,
             confirm, feed_back, in_discovery, in_dispatch, in_resolve, in_feedback)
    WHERE closed_at IS NOT NULL;

-- Words are found by their pairs of neighbouring characters: the usual Chinese word has two, which no trigram
-- knows, and this needs no extension. It is dear, so that a walk compares by ILIKE first.
CREATE FUNCTION pairs(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
    SELECT coalesce(array_agg(DISTINCT before || letter), '{}')
    FROM (SELECT letter, lag(letter) OVER () AS before FROM unnest(string_to_array(lower(words), NULL)) AS letter) AS two
    WHERE before IS NOT NULL
$$;
COMMENT ON FUNCTION pairs IS 'every two neighbouring characters of a text, in small letters, once';
CREATE INDEX tickets_pairs ON tickets USING gin (pairs(words));
DROP INDEX IF EXISTS tickets_words;
ANALYZE tickets;  -- a plan knows a rare pair from a common one by the index's statistics

-- A list looks at the words where it looks at the rest, so that a common word is found while walking the newest.
CREATE OR REPLACE VIEW ticket AS
    SELECT id, number, version, state, stage, source, incident, device, kind, area, category, urgency, lead,
           assisting, reporter, card, deadline, opened_at, closed_at, is_open, body, master, level, supervised, words
    FROM tickets;
DROP VIEW ticket_words;
