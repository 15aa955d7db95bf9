-- When the platform itself was there: what its own silence is told from (ADR 78).

CREATE TABLE heard (at bigint PRIMARY KEY);
COMMENT ON TABLE heard IS
    'Stretches of ten seconds, by their beginning in epoch ms, in which the log of inputs had a record: a tick will do.';
INSERT INTO policy (relation, slice, ahead, keep) VALUES ('heard', NULL, 0, '100 days');

-- Stretches longer than p_least (ms) in which the log had no record, met by p_start to p_end. What lies before the first
-- noted stretch is not known, so it is no outage; what lies behind the last one is one as far as p_end.
CREATE FUNCTION outages(p_start bigint, p_end bigint, p_least bigint)
RETURNS TABLE (since bigint, until bigint) LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT g.since, g.until FROM (
        SELECT lag(h.at) OVER (ORDER BY h.at) + 10000 AS since, h.at AS until
        FROM (
            SELECT at FROM heard
            WHERE at >= coalesce((SELECT max(at) FROM heard WHERE at <= p_start), p_start) AND at < p_end
            UNION ALL
            SELECT coalesce(min(at), p_end) FROM heard WHERE at >= p_end
        ) h
    ) g
    WHERE g.until - g.since > p_least AND g.since < p_end AND g.until > p_start
    ORDER BY g.since
$$;
COMMENT ON FUNCTION outages IS 'Epoch ms; each a little shorter than it was, by less than ten seconds at either end.';

CREATE OR REPLACE PROCEDURE prune(p_now timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := (extract(epoch FROM p_now) * 1000)::bigint;
    rule record;
BEGIN
    FOR rule IN SELECT relation, (extract(epoch FROM keep) * 1000)::bigint AS keep_ms FROM history.policy
        WHERE relation IN ('misdated', 'quarantine', 'dead_letters', 'heard')
    LOOP
        EXECUTE format('DELETE FROM history.%I WHERE at < $1', rule.relation) USING now_ms - rule.keep_ms;
    END LOOP;
    DELETE FROM history.quarantine_devices q
    WHERE NOT EXISTS (SELECT FROM history.quarantine r WHERE r.device = q.device);
END $$;

GRANT SELECT ON heard TO linli_api;
