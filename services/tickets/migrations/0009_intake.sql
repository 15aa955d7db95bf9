-- The hotline's intake: open tickets near a point, whatever grid somebody chose; and a catalogue line's history.

-- Where a ticket is on the map, [lon, lat] in its body; NULL where nobody said.
CREATE FUNCTION spot_of(body jsonb) RETURNS point LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT point((body #>> '{position,0}')::float8, (body #>> '{position,1}')::float8)
$$;
CREATE INDEX tickets_open_spot ON tickets USING gist (spot_of(body)) WHERE is_open;

CREATE INDEX catalogue_changes_line ON catalogue_changes (line, number DESC);
