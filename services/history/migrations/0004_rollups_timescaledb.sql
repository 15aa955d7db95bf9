-- requires: timescaledb
-- no-transaction
CREATE MATERIALIZED VIEW telemetry_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT series, time_bucket(interval '1 minute', ts) AS bucket,
    count(value) FILTER (WHERE quality < 10) AS n, sum(value) FILTER (WHERE quality < 10) AS total,
    min(value) FILTER (WHERE quality < 10) AS low, max(value) FILTER (WHERE quality < 10) AS high,
    count(*) FILTER (WHERE quality >= 10) AS bad
FROM telemetry GROUP BY 1, 2 WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT series, time_bucket(interval '1 hour', bucket) AS bucket,
    sum(n)::bigint AS n, sum(total) AS total, min(low) AS low, max(high) AS high, sum(bad)::bigint AS bad
FROM telemetry_1m GROUP BY 1, 2 WITH NO DATA;

-- Refreshed before anything may be dropped.
CALL refresh_continuous_aggregate('telemetry_1m', NULL, NULL);
CALL refresh_continuous_aggregate('telemetry_1h', NULL, NULL);
