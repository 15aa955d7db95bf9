-- By which decision a policy was put in force. Lines older than the column have none.

ALTER TABLE policies_in_force ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE policies_in_force ALTER COLUMN reason DROP DEFAULT;
ALTER TABLE policies_in_force ADD CONSTRAINT policies_in_force_reason
    CHECK (length(reason) BETWEEN 4 AND 200) NOT VALID;
COMMENT ON COLUMN policies_in_force.reason IS 'by which decision; empty for lines older than the column';
