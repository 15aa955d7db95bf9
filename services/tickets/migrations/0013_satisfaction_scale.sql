-- The four-valued scale of satisfaction, and why a version of the figures' rules was put in force.

ALTER TABLE ticket_figures DROP CONSTRAINT ticket_figures_satisfied_check;
ALTER TABLE ticket_figures ADD CONSTRAINT ticket_figures_satisfied_check
    CHECK (satisfied IN ('', 'very_satisfied', 'satisfied', 'mostly', 'dissatisfied'));
ALTER TABLE scorings ADD COLUMN reason text NOT NULL DEFAULT '';
COMMENT ON COLUMN scorings.reason IS 'by which decision it was put in force; empty for versions older than the column';
