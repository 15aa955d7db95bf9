-- requires: timescaledb
-- A refresh reaches back as far as a reading may be late, and never into what retention has
-- dropped (it would empty the aggregate). The policies start minutes apart.

SELECT add_continuous_aggregate_policy('telemetry_1m', start_offset => interval '40 days',
    end_offset => interval '1 minute', schedule_interval => interval '1 minute',
    initial_start => now() + interval '1 minute');
SELECT add_continuous_aggregate_policy('telemetry_1h', start_offset => interval '40 days',
    end_offset => interval '1 hour', schedule_interval => interval '10 minutes',
    initial_start => now() + interval '2 minutes');
CALL add_columnstore_policy('telemetry', after => interval '7 days', initial_start => now() + interval '3 hours');
SELECT add_retention_policy('telemetry', drop_after => (SELECT keep FROM policy WHERE relation = 'telemetry'),
    initial_start => now() + interval '5 hours');
SELECT add_retention_policy('telemetry_1m', drop_after => (SELECT keep FROM policy WHERE relation = 'rollup_1m'),
    initial_start => now() + interval '6 hours');
SELECT add_retention_policy('telemetry_1h', drop_after => (SELECT keep FROM policy WHERE relation = 'rollup_1h'),
    initial_start => now() + interval '7 hours');

CREATE PROCEDURE roll(p_hours boolean) LANGUAGE plpgsql AS $$
BEGIN
    WITH taken AS (DELETE FROM history.dirty_1m RETURNING series, bucket),
    marks AS (SELECT DISTINCT s.series, d.bucket FROM taken d CROSS JOIN LATERAL unnest(d.series) AS s (series))
    INSERT INTO history.last_value AS l (series, ts, value, wide, quality, flags, at)
    SELECT DISTINCT ON (t.series) t.series, t.ts, t.value, t.wide, t.quality, t.flags, t.at
    FROM marks m
    JOIN history.telemetry t ON t.series = m.series AND t.ts >= m.bucket AND t.ts < m.bucket + interval '1 minute'
    WHERE t.flags & 24 = 0
    ORDER BY t.series, least(t.ts, t.at) DESC, t.ts DESC
    ON CONFLICT (series) DO UPDATE SET ts = excluded.ts, value = excluded.value, wide = excluded.wide,
        quality = excluded.quality, flags = excluded.flags, at = excluded.at
    WHERE (least(excluded.ts, excluded.at), excluded.ts) > (least(l.ts, l.at), l.ts);
END $$;

-- Background jobs fail quietly on some builds: a job whose last run failed is run here.
CREATE PROCEDURE maintain(p_now timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    ill integer;
BEGIN
    CALL history.roll(true);
    CALL history.prune(p_now);
    COMMIT;
    FOR ill IN
        SELECT s.job_id FROM timescaledb_information.job_stats s
        JOIN timescaledb_information.jobs j USING (job_id)
        WHERE s.last_run_status = 'Failed' AND s.hypertable_schema IN ('history', '_timescaledb_internal')
    LOOP
        CALL run_job(ill);
    END LOOP;
END $$;
