-- Deadlines that were counted before their year was announced, and the step that counts them again.

CREATE INDEX tickets_assumed ON tickets (id) WHERE body @? '$.clocks[*] ? (@.assumed == true)';

-- The transitions of before, and one more in every open state.
DO $$
DECLARE
    before text := (SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint
                    WHERE conrelid = 'tickets.ticket_events'::regclass AND conname = 'ticket_events_transition');
BEGIN
    ALTER TABLE tickets.ticket_events DROP CONSTRAINT ticket_events_transition;
    EXECUTE 'ALTER TABLE tickets.ticket_events ADD CONSTRAINT ticket_events_transition CHECK ((old, action, new) IN (
        -- transitions
        (''accepted'', ''recount'', ''accepted''),
        (''callback'', ''recount'', ''callback''),
        (''checking'', ''recount'', ''checking''),
        (''dispatched'', ''recount'', ''dispatched''),
        (''extension_review'', ''recount'', ''extension_review''),
        (''in_progress'', ''recount'', ''in_progress''),
        (''parked'', ''recount'', ''parked''),
        (''redo'', ''recount'', ''redo''),
        (''reported'', ''recount'', ''reported''),
        (''return_review'', ''recount'', ''return_review''),
        (''signed'', ''recount'', ''signed''),
        (''to_dispatch'', ''recount'', ''to_dispatch''),
        (''verifying'', ''recount'', ''verifying'')
        -- end of transitions
    ) OR ' || before || ')';
END
$$;
