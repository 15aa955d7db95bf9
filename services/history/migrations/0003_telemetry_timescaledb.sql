-- requires: timescaledb
-- TimescaleDB: the same relation names on a hypertable, a columnstore and continuous aggregates.
-- Ingest is the same as on plain PostgreSQL; its marks serve the last values only, since TimescaleDB
-- keeps its own log of what a late reading has changed in a rollup.

CREATE TABLE telemetry (
    series integer NOT NULL,
    ts timestamptz NOT NULL,
    value bigint,
    wide double precision,
    quality smallint NOT NULL,
    flags smallint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (series, ts)
);
SELECT create_hypertable('telemetry', by_range('ts', interval '1 day'), create_default_indexes => false);
CREATE INDEX telemetry_by_ts ON telemetry USING brin (ts) WITH (pages_per_range = 32);
ALTER TABLE telemetry SET (
    timescaledb.enable_columnstore, timescaledb.segmentby = 'series', timescaledb.orderby = 'ts');

CREATE FUNCTION make_room(p_at timestamptz) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT $$;
CREATE FUNCTION default_rows() RETURNS bigint LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$ SELECT 0::bigint $$;
