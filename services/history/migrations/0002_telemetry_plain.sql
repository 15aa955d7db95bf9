-- without: timescaledb
-- Plain PostgreSQL: daily partitions made ahead and dropped by maintain(); rollups and last values
-- from a log of dirty minutes that the ingest transaction writes. A view shows a dirty bucket
-- recomputed, so that what is read always equals a plain recomputation.

CREATE TABLE telemetry (
    series integer NOT NULL,
    ts timestamptz NOT NULL,
    value bigint,
    wide double precision,
    quality smallint NOT NULL,
    flags smallint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (series, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX telemetry_by_ts ON telemetry USING brin (ts) WITH (pages_per_range = 32);
CREATE TABLE telemetry_default PARTITION OF telemetry DEFAULT;

CREATE TABLE dirty_1h (series integer NOT NULL, bucket timestamptz NOT NULL);
CREATE INDEX dirty_1h_by_series ON dirty_1h (series, bucket);

CREATE TABLE rollup_1m (
    series integer NOT NULL,
    bucket timestamptz NOT NULL,
    n bigint NOT NULL,
    total numeric,
    low bigint,
    high bigint,
    bad bigint NOT NULL,
    PRIMARY KEY (series, bucket)
) PARTITION BY RANGE (bucket);
CREATE TABLE rollup_1m_default PARTITION OF rollup_1m DEFAULT;
CREATE TABLE rollup_1h (LIKE rollup_1m, PRIMARY KEY (series, bucket));

CREATE VIEW telemetry_1m AS
SELECT r.series, r.bucket, r.n, r.total, r.low, r.high, r.bad
FROM rollup_1m r
WHERE NOT EXISTS (SELECT FROM dirty_1m d WHERE d.bucket = r.bucket AND r.series = ANY (d.series))
UNION ALL
SELECT t.series, d.bucket,
    count(t.value) FILTER (WHERE t.quality < 10), sum(t.value) FILTER (WHERE t.quality < 10),
    min(t.value) FILTER (WHERE t.quality < 10), max(t.value) FILTER (WHERE t.quality < 10),
    count(*) FILTER (WHERE t.quality >= 10)
FROM dirty_minutes d
JOIN telemetry t ON t.series = d.series AND t.ts >= d.bucket AND t.ts < d.bucket + interval '1 minute'
GROUP BY t.series, d.bucket;

CREATE VIEW dirty_hours AS
SELECT series, date_bin('1 hour', bucket, timestamptz 'epoch') AS bucket FROM dirty_minutes
UNION
SELECT series, bucket FROM dirty_1h;

CREATE VIEW telemetry_1h AS
SELECT r.series, r.bucket, r.n, r.total, r.low, r.high, r.bad
FROM rollup_1h r
WHERE NOT EXISTS (SELECT FROM dirty_hours d WHERE d.series = r.series AND d.bucket = r.bucket)
UNION ALL
SELECT m.series, d.bucket, sum(m.n)::bigint, sum(m.total), min(m.low), max(m.high), sum(m.bad)::bigint
FROM dirty_hours d
JOIN telemetry_1m m ON m.series = d.series AND m.bucket >= d.bucket AND m.bucket < d.bucket + interval '1 hour'
GROUP BY m.series, d.bucket;

-- One statement takes the marks and reads the rows behind them in one snapshot: a mark that is
-- committed later stays for the next round, so no reading is ever missed.
CREATE FUNCTION roll_minutes() RETURNS bigint LANGUAGE sql SET search_path FROM CURRENT AS $$
    WITH taken AS (DELETE FROM dirty_1m RETURNING series, bucket),
    marks AS (SELECT DISTINCT s.series, d.bucket FROM taken d CROSS JOIN LATERAL unnest(d.series) AS s (series)),
    touched AS MATERIALIZED (
        SELECT m.bucket, t.* FROM marks m
        JOIN telemetry t ON t.series = m.series AND t.ts >= m.bucket AND t.ts < m.bucket + interval '1 minute'),
    latest AS (
        INSERT INTO last_value AS l (series, ts, value, wide, quality, flags, at)
        SELECT DISTINCT ON (series) series, ts, value, wide, quality, flags, at
        FROM touched WHERE flags & 24 = 0
        ORDER BY series, least(ts, at) DESC, ts DESC
        ON CONFLICT (series) DO UPDATE SET ts = excluded.ts, value = excluded.value, wide = excluded.wide,
            quality = excluded.quality, flags = excluded.flags, at = excluded.at
        WHERE (least(excluded.ts, excluded.at), excluded.ts) > (least(l.ts, l.at), l.ts)),
    hours AS (
        INSERT INTO dirty_1h
        SELECT DISTINCT series, date_bin('1 hour', bucket, timestamptz 'epoch') FROM marks),
    rolled AS (
        INSERT INTO rollup_1m (series, bucket, n, total, low, high, bad)
        SELECT series, bucket, count(value) FILTER (WHERE quality < 10), sum(value) FILTER (WHERE quality < 10),
            min(value) FILTER (WHERE quality < 10), max(value) FILTER (WHERE quality < 10),
            count(*) FILTER (WHERE quality >= 10)
        FROM touched
        GROUP BY series, bucket
        ON CONFLICT (series, bucket) DO UPDATE SET n = excluded.n, total = excluded.total,
            low = excluded.low, high = excluded.high, bad = excluded.bad
        RETURNING 1)
    SELECT count(*) FROM rolled
$$;

CREATE FUNCTION roll_hours() RETURNS bigint LANGUAGE sql SET search_path FROM CURRENT AS $$
    WITH taken AS (DELETE FROM dirty_1h RETURNING series, bucket),
    marks AS (SELECT DISTINCT series, bucket FROM taken),
    rolled AS (
        INSERT INTO rollup_1h (series, bucket, n, total, low, high, bad)
        SELECT r.series, m.bucket, sum(r.n)::bigint, sum(r.total), min(r.low), max(r.high), sum(r.bad)::bigint
        FROM marks m
        JOIN telemetry_1m r ON r.series = m.series AND r.bucket >= m.bucket
            AND r.bucket < m.bucket + interval '1 hour'
        GROUP BY r.series, m.bucket
        ON CONFLICT (series, bucket) DO UPDATE SET n = excluded.n, total = excluded.total,
            low = excluded.low, high = excluded.high, bad = excluded.bad
        RETURNING 1)
    SELECT count(*) FROM rolled
$$;

CREATE FUNCTION make_slice(p_relation text, p_at timestamptz) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    unit text := (SELECT slice FROM policy WHERE relation = p_relation);
    first timestamptz := date_trunc(unit, p_at, 'UTC');
    beyond timestamptz := date_trunc(unit, p_at, 'UTC') + ('1 ' || unit)::interval;
    name text := p_relation || '_' || to_char(first AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
    -- pg_class is asked, not to_regclass(): a cached "there is none" outlives the wait for the lock.
    IF EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = 'history'::regnamespace) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('history slice ' || name, 0));
    IF NOT EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = 'history'::regnamespace) THEN
        EXECUTE format('CREATE TABLE history.%I PARTITION OF history.%I FOR VALUES FROM (%L) TO (%L)',
            name, p_relation, first, beyond);
    END IF;
END $$;

-- The partition that a reading of this day needs (and its rollup's), where it is not there yet.
CREATE FUNCTION make_room(p_at timestamptz) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT make_slice(relation, p_at) FROM policy WHERE slice IS NOT NULL
$$;

CREATE FUNCTION drop_slices(p_relation text, p_before timestamptz) RETURNS integer LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    unit text := (SELECT slice FROM policy WHERE relation = p_relation);
    child record;
    dropped integer := 0;
BEGIN
    FOR child IN
        SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('history.%I', p_relation)::regclass
          AND c.relname ~ ('^' || p_relation || '_[0-9]{8}$')
    LOOP
        IF to_timestamp(right(child.name, 8) || ' +00', 'YYYYMMDD TZH') + ('1 ' || unit)::interval <= p_before THEN
            EXECUTE format('DROP TABLE history.%I', child.name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    RETURN dropped;
END $$;

CREATE FUNCTION default_rows() RETURNS bigint LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT (SELECT count(*) FROM telemetry_default) + (SELECT count(*) FROM rollup_1m_default)
$$;

CREATE PROCEDURE roll(p_hours boolean) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM history.roll_minutes();
    IF p_hours THEN
        PERFORM history.roll_hours();
    END IF;
END $$;

CREATE PROCEDURE maintain(p_now timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    rule record;
    step integer;
BEGIN
    FOR rule IN SELECT * FROM history.policy WHERE slice IS NOT NULL LOOP
        FOR step IN -1 .. rule.ahead LOOP
            PERFORM history.make_slice(rule.relation, p_now + step * ('1 ' || rule.slice)::interval);
            COMMIT;  -- a partitioned table is locked against readers for as short as can be
        END LOOP;
    END LOOP;
    -- What is about to be dropped is rolled up first.
    CALL history.roll(true);
    COMMIT;
    FOR rule IN SELECT * FROM history.policy WHERE slice IS NOT NULL LOOP
        PERFORM history.drop_slices(rule.relation, p_now - rule.keep);
        COMMIT;
    END LOOP;
    DELETE FROM history.rollup_1h
    WHERE bucket < p_now - (SELECT keep FROM history.policy WHERE relation = 'rollup_1h');
    CALL history.prune(p_now);
END $$;
