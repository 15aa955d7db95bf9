-- Who could be told of an alarm, for the services that tell people. No password, no token.

CREATE VIEW person AS SELECT id, name, role, scope, unit FROM users WHERE active;
GRANT SELECT ON person TO linli_alarms;
