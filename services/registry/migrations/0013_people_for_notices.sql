-- Who can be told of what happens. No password, no token.

GRANT USAGE ON SCHEMA registry TO linli_notices;
GRANT SELECT ON person TO linli_notices;
