-- What the planner has to know of words: comparing by pairs is dear, so that a walk compares by ILIKE first, and a
-- rare pair is told from a common one by the index's statistics.

ALTER FUNCTION pairs(text) COST 1000;
ANALYZE tickets;
