-- By which decision a version of the deadlines was written. Until now writing one put it in force, so that the first
-- time it was put in force says why it was written; versions older than reasons have none. The shipped ones, which
-- nobody wrote, take one along from whoever put them in force first.

ALTER TABLE policies ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE policies ALTER COLUMN reason DROP DEFAULT;
UPDATE policies SET reason = first.reason
FROM (SELECT DISTINCT ON (name, version) name, version, reason FROM policies_in_force ORDER BY name, version, id) first
WHERE policies.name = first.name AND policies.version = first.version;
ALTER TABLE policies ADD CONSTRAINT policies_reason CHECK (length(reason) BETWEEN 4 AND 200) NOT VALID;
COMMENT ON COLUMN policies.reason IS 'by which decision it was written; empty for versions older than reasons';

-- A name stands in the catalogue's cells and in addresses. One that began before the rule goes on.
ALTER TABLE policies ADD CONSTRAINT policies_name CHECK (version > 1 OR name ~ '^[a-z][a-z0-9-]{0,39}$') NOT VALID;
