-- Areas are found while somebody types: words by their pairs of neighbouring characters, as tickets are (a Chinese
-- word has two, which no trigram knows), a single character by walking the shortest names, which are shown first.

CREATE FUNCTION pairs(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
    SELECT coalesce(array_agg(DISTINCT before || letter), '{}')
    FROM (SELECT letter, lag(letter) OVER () AS before FROM unnest(string_to_array(lower(words), NULL)) AS letter) AS two
    WHERE before IS NOT NULL
$$;
COMMENT ON FUNCTION pairs IS 'every two neighbouring characters of a text, in small letters, once';
CREATE INDEX areas_pairs ON areas USING gin (pairs(name_zh || ' ' || name_en));
CREATE INDEX areas_shortest ON areas (length(name_zh), code);
ANALYZE areas;
