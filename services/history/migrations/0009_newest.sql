-- One question that the alarms service may ask of history, and nothing else of it.

CREATE FUNCTION newest(p_devices text[], p_metric text)
RETURNS TABLE (device text, value double precision, at bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT s.device, coalesce(v.wide, v.value / s.factor), (extract(epoch FROM v.at) * 1000)::bigint
    FROM last_values((SELECT array_agg(id) FROM series WHERE series.device = ANY (p_devices) AND metric = p_metric)) v
    JOIN series s ON s.id = v.series
$$;
COMMENT ON FUNCTION newest IS 'The newest believable value of a metric of each of these devices; at is its arrival, epoch ms.';
REVOKE ALL ON FUNCTION newest FROM PUBLIC;
GRANT USAGE ON SCHEMA history TO linli_alarms;
GRANT EXECUTE ON FUNCTION newest TO linli_alarms;
