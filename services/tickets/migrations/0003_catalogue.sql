-- The dispatch catalogue: category × area × urgency → lead unit, assisting units, deadlines.
-- What a unit says of itself in the registry counts as well; a written line comes first.

CREATE TABLE catalogue (
    id text PRIMARY KEY,
    category text NOT NULL,
    area text NOT NULL CHECK (area ~ '^[0-9]{6,20}$'),
    urgency smallint CHECK (urgency BETWEEN 0 AND 2),
    lead text NOT NULL CHECK (lead <> ''),
    assisting text[] NOT NULL DEFAULT '{}' CHECK (NOT lead = ANY (assisting)),
    policy text NOT NULL DEFAULT '',
    UNIQUE NULLS NOT DISTINCT (category, area, urgency)
);
COMMENT ON COLUMN catalogue.category IS 'a leaf, a group, or empty: whatever nobody else takes';

CREATE TABLE catalogue_changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    by text NOT NULL CHECK (by <> ''),
    line text NOT NULL,
    old jsonb,
    new jsonb,
    CHECK (old IS NOT NULL OR new IS NOT NULL)
);
COMMENT ON TABLE catalogue_changes IS 'who changed which line, from what to what; nobody may change it';

GRANT SELECT, INSERT, UPDATE, DELETE ON catalogue TO linli_api;
GRANT SELECT, INSERT ON catalogue_changes TO linli_api;
