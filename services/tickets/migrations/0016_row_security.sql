-- Row security: the front door's role reads only the tickets that its transaction says its caller may see.
--
-- ``linli.scope`` is set with the transaction that reads (services/api/scope.py makes it): a JSON object of
--   who     'area', 'unit', 'reporter', 'open311' or 'ticket'
--   area    a prefix of area codes; '' is the whole district
--   holder  the unit, the reporter or the ticket, where who is one of these
-- Where it is not set, or set to anything else, no row is there. The owner, linli_tickets, is not bound: the
-- loop's own processes serve everybody. Views of others (notice_facts) read as the owner.

CREATE FUNCTION reach(part text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('linli.scope', true), '')::jsonb ->> part;
COMMENT ON FUNCTION reach IS 'a part of what this transaction may see; null where nobody said';
GRANT EXECUTE ON FUNCTION reach TO linli_api;

-- The sub-selects are evaluated once a query, not once a row. The whole of it is a CASE, which the planner takes
-- for every second row: a bare prefix or range that it does not know would count as one row in two hundred, and
-- it would sort a district to find one page. So it filters, and what is asked for decides on the index.
--
-- Lists read the view. It reads as its owner, under the same condition: behind a policy an index serves leakproof
-- operators only, and neither ^@ nor @> nor ILIKE is one. Whoever reads the table itself meets the policy.
DO $$
DECLARE
    row_in_reach text := $reach$
        CASE WHEN starts_with(area, (SELECT tickets.reach('area'))) THEN CASE (SELECT tickets.reach('who'))
            WHEN 'area' THEN true
            WHEN 'unit' THEN lead = (SELECT nullif(tickets.reach('holder'), ''))
                OR (SELECT nullif(tickets.reach('holder'), '')) = ANY (assisting)
            WHEN 'reporter' THEN reporter = (SELECT nullif(tickets.reach('holder'), ''))
            WHEN 'open311' THEN source = 'open311' AND NOT coalesce((body -> 'caller' -> 'confidential')::boolean, false)
            WHEN 'ticket' THEN id = (SELECT nullif(tickets.reach('holder'), ''))
            ELSE false
        END ELSE false END$reach$;
BEGIN
    EXECUTE 'CREATE POLICY reach ON tickets FOR SELECT TO linli_api USING (' || row_in_reach || ')';
    EXECUTE 'CREATE OR REPLACE VIEW ticket AS ' || rtrim(pg_get_viewdef('tickets.ticket'::regclass), ';')
        || ' WHERE ' || row_in_reach;
END
$$;

-- What hangs on a ticket is seen with it. Figures carry their own area and unit: counting looks at no ticket.
CREATE POLICY reach ON ticket_events FOR SELECT TO linli_api
    USING (EXISTS (SELECT 1 FROM tickets.tickets t WHERE t.id = ticket));
CREATE POLICY reach ON ticket_episodes FOR SELECT TO linli_api
    USING (EXISTS (SELECT 1 FROM tickets.tickets t WHERE t.id = ticket));
CREATE POLICY reach ON photos TO linli_api USING (EXISTS (SELECT 1 FROM tickets.tickets t WHERE t.id = ticket));
CREATE POLICY reach ON ticket_figures FOR SELECT TO linli_api USING (
    CASE WHEN starts_with(area, (SELECT tickets.reach('area'))) THEN CASE (SELECT tickets.reach('who'))
        WHEN 'area' THEN true WHEN 'unit' THEN unit = (SELECT nullif(tickets.reach('holder'), '')) ELSE false
    END ELSE false END
);

-- A use case works as another role: what it does to one ticket has consequences for others (merging, masters,
-- incidents) that its caller may not see. Only services/tickets/postgres/store.py takes this role, for one
-- transaction; the front door's own role writes no ticket at all.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tickets', 'ticket_events', 'ticket_episodes', 'ticket_figures', 'clocks', 'requests',
                                'outbox', 'photos'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY work ON %I TO linli_loop USING (true) WITH CHECK (true)', name);
    END LOOP;
END
$$;
REVOKE INSERT, UPDATE ON tickets, ticket_episodes, ticket_figures FROM linli_api;
REVOKE INSERT ON ticket_events FROM linli_api;
REVOKE ALL ON clocks, counters, requests, outbox FROM linli_api;
REVOKE ALL (topic, key, value) ON outbox FROM linli_api;

GRANT USAGE ON SCHEMA tickets TO linli_loop;
GRANT SELECT, INSERT, UPDATE ON tickets, ticket_episodes, clocks, counters, ticket_figures TO linli_loop;
GRANT SELECT, UPDATE, DELETE ON photos TO linli_loop;
GRANT SELECT, INSERT ON ticket_events, requests, policies, policies_in_force TO linli_loop;
GRANT INSERT (topic, key, value) ON outbox TO linli_loop;
GRANT SELECT, INSERT (at, by, role, did, subject, detail) ON audit TO linli_loop;

-- The other views read as whoever asks, so that the policies hold behind them.
ALTER VIEW ticket_event SET (security_invoker = true);
ALTER VIEW ticket_of_episode SET (security_invoker = true);

-- A resident's own list was found by reading the newest tickets until a page was full.
CREATE INDEX tickets_reporter ON tickets (reporter, opened_at DESC, id DESC) WHERE reporter <> '';
