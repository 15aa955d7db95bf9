-- Photos of merged reports however long the chain of masters is: none is lost behind the fifth. Each report is looked
-- at once, so that it ends even in a ring, which merging refuses.

CREATE OR REPLACE FUNCTION photos_merged_into(asked text, most integer)
RETURNS TABLE (ticket text, id text, at bigint, width integer, height integer, size bigint, shown_at bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 20
BEGIN ATOMIC
    WITH RECURSIVE merged (report) AS (
        SELECT t.id FROM tickets.tickets t
        WHERE t.master = asked AND tickets.reach('who') IN ('area', 'unit')
          AND EXISTS (SELECT 1 FROM tickets.ticket seen WHERE seen.id = asked)
        UNION
        SELECT t.id FROM merged JOIN tickets.tickets t ON t.master = merged.report
    )
    SELECT p.ticket, p.id, p.at, p.width, p.height, p.size, p.shown_at
    FROM merged JOIN tickets.tickets t ON t.id = merged.report JOIN tickets.photos p ON p.ticket = t.id
    WHERE p.stored AND p.shown_at IS NOT NULL AND NOT coalesce((t.body -> 'caller' -> 'confidential')::boolean, false)
    ORDER BY p.at, p.ticket, p.id LIMIT most;
END;
