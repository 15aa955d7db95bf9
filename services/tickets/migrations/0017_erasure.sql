-- Erasing personal data: when it is due, what the log may have rewritten, and nothing else.

-- Older tickets were archived before the ticket itself knew when.
UPDATE tickets SET body = body || jsonb_build_object('archived_at', archive.at)
FROM (SELECT ticket, max(at) AS at FROM ticket_events WHERE action = 'archive' GROUP BY ticket) AS archive
WHERE archive.ticket = tickets.id AND tickets.state = 'archived';

ALTER TABLE tickets
    ADD COLUMN archived_at bigint GENERATED ALWAYS AS ((body ->> 'archived_at')::bigint) STORED,
    ADD COLUMN erased_at bigint GENERATED ALWAYS AS ((body ->> 'erased_at')::bigint) STORED;
COMMENT ON COLUMN tickets.erased_at IS 'when what it held of a person was erased, here and in its log';
CREATE INDEX tickets_personal ON tickets (archived_at)
    WHERE archived_at IS NOT NULL AND erased_at IS NULL AND (reporter <> '' OR body ? 'caller');
ALTER TABLE tickets ADD CONSTRAINT tickets_erased CHECK (
    erased_at IS NULL OR (state = 'archived' AND reporter = '' AND caller_phone = '')
);

-- The transitions of before, and one more.
DO $$
DECLARE
    before text := (SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint
                    WHERE conrelid = 'tickets.ticket_events'::regclass AND conname = 'ticket_events_transition');
BEGIN
    ALTER TABLE tickets.ticket_events DROP CONSTRAINT ticket_events_transition;
    EXECUTE 'ALTER TABLE tickets.ticket_events ADD CONSTRAINT ticket_events_transition CHECK ((old, action, new) IN (
        -- transitions
        (''archived'', ''erase'', ''archived'')
        -- end of transitions
    ) OR ' || before || ')';
END
$$;

-- The log is append-only with one exception: of a ticket that has been erased, who, why and what may give way.
CREATE FUNCTION event_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.ticket, NEW.version, NEW.action, NEW.old, NEW.new, NEW.at, NEW.role, NEW.clocks)
       IS DISTINCT FROM (OLD.id, OLD.ticket, OLD.version, OLD.action, OLD.old, OLD.new, OLD.at, OLD.role, OLD.clocks)
       OR NOT EXISTS (SELECT 1 FROM tickets.tickets WHERE id = OLD.ticket AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'tickets.ticket_events is append-only: % of % is refused', TG_OP, OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER event_append_only BEFORE UPDATE ON ticket_events FOR EACH ROW EXECUTE FUNCTION event_stands();

-- A request's fingerprint is a digest of what somebody typed, and its key names them.
GRANT UPDATE (by, why, evidence) ON ticket_events TO linli_loop;
GRANT DELETE ON requests TO linli_loop;
CREATE INDEX requests_ticket ON requests (ticket);
