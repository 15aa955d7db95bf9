-- By which decision a policy was put in force (lines older than the column have none), and the photos of merged
-- reports for whoever sees their master alone.

ALTER TABLE policies_in_force ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE policies_in_force ALTER COLUMN reason DROP DEFAULT;
ALTER TABLE policies_in_force ADD CONSTRAINT policies_in_force_reason
    CHECK (length(reason) BETWEEN 4 AND 200) NOT VALID;
COMMENT ON COLUMN policies_in_force.reason IS 'by which decision; empty for lines older than the column';

-- Photos of the reports merged into a ticket, for whoever works on the ticket and does not see the reports: row
-- security hides the reports, and who sent a photo is no part of the answer. A reporter, a stranger and a link see
-- none of others'; what was reported confidentially is never among them. Asked of a ticket out of reach: nothing.
CREATE FUNCTION photos_merged_into(asked text, most integer)
RETURNS TABLE (ticket text, id text, at bigint, width integer, height integer, size bigint, shown_at bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 20
BEGIN ATOMIC
    WITH RECURSIVE merged (report, depth) AS (
        SELECT t.id, 1 FROM tickets.tickets t
        WHERE t.master = asked AND tickets.reach('who') IN ('area', 'unit')
          AND EXISTS (SELECT 1 FROM tickets.ticket seen WHERE seen.id = asked)
        UNION ALL
        SELECT t.id, depth + 1 FROM merged JOIN tickets.tickets t ON t.master = merged.report WHERE depth < 5
    )
    SELECT p.ticket, p.id, p.at, p.width, p.height, p.size, p.shown_at
    FROM merged JOIN tickets.tickets t ON t.id = merged.report JOIN tickets.photos p ON p.ticket = t.id
    WHERE p.stored AND p.shown_at IS NOT NULL AND NOT coalesce((t.body -> 'caller' -> 'confidential')::boolean, false)
    ORDER BY p.at, p.ticket, p.id LIMIT most;
END;
COMMENT ON FUNCTION photos_merged_into IS 'photos of merged reports without their reporters; a master in reach only';
REVOKE ALL ON FUNCTION photos_merged_into FROM PUBLIC;
GRANT EXECUTE ON FUNCTION photos_merged_into TO linli_api;
