-- A call-back may be booked for a time that the reporter chose: one more step, which keeps the state.
-- The rule is added to rather than written anew, so that it takes in whatever else has been added.

DO $$
DECLARE
    rule text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
                  WHERE conname = 'ticket_events_transition' AND conrelid = 'ticket_events'::regclass);
BEGIN
    ALTER TABLE ticket_events DROP CONSTRAINT ticket_events_transition;
    EXECUTE format(
        'ALTER TABLE ticket_events ADD CONSTRAINT ticket_events_transition CHECK (%s OR (old, action, new) IN (%s))',
        substring(rule FROM 'CHECK (.*)'),
        -- transitions
        $edges$('callback', 'book', 'callback')$edges$
        -- end of transitions
    );
END
$$;

-- What a notice says of a call-back when it leaves: whether the ticket still waits for one, and at which version.
CREATE OR REPLACE VIEW notice_facts AS
    SELECT id, number, lead, reporter, caller_phone, state, version,
           coalesce((body ->> 'unsolved')::boolean, false) AS unsolved
    FROM tickets;
