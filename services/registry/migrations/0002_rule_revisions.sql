-- Rules are written by people: why, and under which command, so that a repeated request finds its answer.

ALTER TABLE rule_versions
    ADD COLUMN why text NOT NULL DEFAULT '',
    ADD COLUMN command text UNIQUE;
ALTER TABLE rule_versions ADD CONSTRAINT rule_versions_written CHECK (version > 0 AND by <> '');

-- The front door runs the registry's own use cases.
GRANT INSERT, UPDATE ON rules TO linli_api;
GRANT INSERT ON rule_versions TO linli_api;
