-- Who is on duty for a unit, and who stands in: weekly or dated, and without contradiction.

-- A single name as a range, so that GiST compares it without an extension that a server may not have.
CREATE TYPE name_range AS RANGE (SUBTYPE = text, COLLATION = "C");

CREATE TABLE duties (
    id text PRIMARY KEY,
    unit text NOT NULL REFERENCES units (id),
    person text NOT NULL,
    days smallint[],
    begins smallint,
    ends smallint,
    since bigint,
    until bigint,
    FOREIGN KEY (person, unit) REFERENCES users (id, unit),
    CONSTRAINT duties_weekly_or_dated CHECK (
        CASE WHEN days IS NULL THEN num_nulls(begins, ends) = 2 AND num_nulls(since, until) = 0 AND since < until
        ELSE num_nulls(begins, ends) = 0 AND num_nulls(since, until) = 2
             AND cardinality(days) BETWEEN 1 AND 7 AND days <@ '{1,2,3,4,5,6,7}'::smallint[]
             AND begins BETWEEN 0 AND 1439 AND ends BETWEEN 1 AND 1440 END),
    CONSTRAINT duties_apart EXCLUDE USING gist (
        name_range(unit, unit, '[]') WITH =, name_range(person, person, '[]') WITH =, int8range(since, until) WITH &&
    ) WHERE (since IS NOT NULL)
);
COMMENT ON COLUMN duties.days IS 'ISO weekdays, 1 is Monday; begins and ends are minutes of the day in Asia/Shanghai';
CREATE INDEX duties_unit ON duties (unit);
CREATE INDEX duties_person ON duties (person, unit);

CREATE TABLE substitutions (
    id text PRIMARY KEY,
    unit text NOT NULL REFERENCES units (id),
    person text NOT NULL,
    substitute text NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL,
    FOREIGN KEY (person, unit) REFERENCES users (id, unit),
    FOREIGN KEY (substitute, unit) REFERENCES users (id, unit),
    CONSTRAINT substitutions_of_another CHECK (person <> substitute),
    CONSTRAINT substitutions_last CHECK (since < until),
    CONSTRAINT substitutions_apart EXCLUDE USING gist (
        name_range(unit, unit, '[]') WITH =, name_range(person, person, '[]') WITH =, int8range(since, until) WITH &&
    )
);
CREATE INDEX substitutions_substitute ON substitutions (substitute, unit);

-- One at a time in a unit: two halves of a ring that are written at once would not see each other.
CREATE FUNCTION substitutions_lead_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('substitutions ' || NEW.unit, 0));
    IF EXISTS (
        WITH RECURSIVE chain (person, since, until) AS (
            SELECT NEW.substitute, NEW.since, NEW.until
            UNION
            SELECT s.substitute, greatest(c.since, s.since), least(c.until, s.until)
            FROM chain c JOIN registry.substitutions s
              ON s.unit = NEW.unit AND s.person = c.person AND s.since < c.until AND c.since < s.until
            WHERE c.person <> NEW.person
        )
        SELECT FROM chain WHERE person = NEW.person
    ) THEN
        RAISE EXCEPTION 'the substitutes of % would stand in for each other in a ring', NEW.person
            USING ERRCODE = 'triggered_action_exception';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER substitutions_no_ring AFTER INSERT OR UPDATE ON substitutions FOR EACH ROW
    EXECUTE FUNCTION substitutions_lead_on();

-- The front door runs the registry's own use cases; whoever tells people asks who is on duty.
GRANT SELECT, INSERT, DELETE ON duties, substitutions TO linli_api;
CREATE VIEW duty AS SELECT id, unit, person, days, begins, ends, since, until FROM duties;
CREATE VIEW substitution AS SELECT id, unit, person, substitute, since, until FROM substitutions;
GRANT SELECT ON duty, substitution TO linli_notices;
