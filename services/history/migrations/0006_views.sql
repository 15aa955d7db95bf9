-- What both backends publish, and who may read it.

CREATE PROCEDURE prune(p_now timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := (extract(epoch FROM p_now) * 1000)::bigint;
    rule record;
BEGIN
    FOR rule IN SELECT relation, (extract(epoch FROM keep) * 1000)::bigint AS keep_ms FROM history.policy
        WHERE relation IN ('misdated', 'quarantine', 'dead_letters')
    LOOP
        EXECUTE format('DELETE FROM history.%I WHERE at < $1', rule.relation) USING now_ms - rule.keep_ms;
    END LOOP;
    DELETE FROM history.quarantine_devices q
    WHERE NOT EXISTS (SELECT FROM history.quarantine r WHERE r.device = q.device);
END $$;

CREATE VIEW readings AS
SELECT s.device, s.metric, s.kind, (extract(epoch FROM t.ts) * 1000)::bigint AS ts,
    coalesce(t.wide, t.value / s.factor) AS value, q.name AS quality, t.flags,
    (extract(epoch FROM t.at) * 1000)::bigint AS at
FROM telemetry t JOIN series s ON s.id = t.series JOIN qualities q ON q.code = t.quality
UNION ALL
SELECT s.device, s.metric, s.kind, m.ts, m.value, q.name, m.flags, m.at
FROM misdated m JOIN series s ON s.id = m.series JOIN qualities q ON q.code = m.quality;
COMMENT ON VIEW readings IS 'Every reading of a registered device, whatever its time stamp. Times in epoch ms.';

-- The newest believable value of each of these series: what the last roll kept, and the fresh minutes.
CREATE FUNCTION last_values(p_series integer[]) RETURNS SETOF last_value LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT DISTINCT ON (series) series, ts, value, wide, quality, flags, at FROM (
        SELECT l.series, l.ts, l.value, l.wide, l.quality, l.flags, l.at
        FROM unnest(p_series) AS asked (series) JOIN last_value l USING (series)
        UNION ALL
        SELECT t.series, t.ts, t.value, t.wide, t.quality, t.flags, t.at
        FROM unnest(p_series) AS asked (series) JOIN dirty_minutes m USING (series)
        JOIN telemetry t ON t.series = m.series AND t.ts >= m.bucket AND t.ts < m.bucket + interval '1 minute'
        WHERE t.flags & 24 = 0
    ) candidates
    ORDER BY series, least(ts, at) DESC, ts DESC
$$;

GRANT USAGE ON SCHEMA history TO linli_api;
GRANT SELECT ON ALL TABLES IN SCHEMA history TO linli_api;
GRANT INSERT ON outbox TO linli_api;
GRANT UPDATE (replayed_at, replayed_by, replays) ON dead_letters TO linli_api;
