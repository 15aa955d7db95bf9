-- Incidents: which group an alarm belongs to, and who was first. An incident is its members; it has no row.

ALTER TABLE alarms
    ADD COLUMN "group" text NOT NULL DEFAULT '',
    ADD COLUMN first_out boolean NOT NULL DEFAULT false,
    ADD COLUMN flood boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN alarms.flood IS 'it came in an alarm flood of its group';
CREATE INDEX alarms_incident ON alarms (incident, active_since DESC, episode DESC);

DROP VIEW alarm;
CREATE VIEW alarm AS SELECT * FROM alarms;
GRANT SELECT ON alarm TO linli_api;
