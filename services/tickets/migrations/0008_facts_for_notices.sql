-- What a notice needs of a ticket and its event does not carry: who leads, whom to tell of the result.

CREATE VIEW notice_facts AS SELECT id, number, lead, reporter, caller_phone FROM tickets;
GRANT USAGE ON SCHEMA tickets TO linli_notices;
GRANT SELECT ON notice_facts TO linli_notices;
