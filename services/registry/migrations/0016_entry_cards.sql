-- Entry cards 入户卡: what whoever arrives has to know of a place, one of a device or of an area.

CREATE TABLE entry_cards (
    subject text PRIMARY KEY GENERATED ALWAYS AS (CASE WHEN device IS NULL THEN 'area ' || area ELSE 'device ' || device END) STORED,
    device text REFERENCES devices (id),
    area text REFERENCES areas (code),
    holder text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    valve text NOT NULL DEFAULT '',
    avoid text NOT NULL DEFAULT '',
    version integer NOT NULL CHECK (version > 0),
    CONSTRAINT entry_cards_of_one_place CHECK (num_nonnulls(device, area) = 1),
    CONSTRAINT entry_cards_phone_is_somebodys CHECK (phone = '' OR holder <> '')
);
COMMENT ON COLUMN entry_cards.phone IS 'the key-holder''s: masked wherever it is shown, and whoever sees it whole is in the audit log';

-- The front door runs the registry's own use cases.
GRANT SELECT, INSERT (device, area, holder, phone, valve, avoid, version) ON entry_cards TO linli_api;
GRANT UPDATE (holder, phone, valve, avoid, version) ON entry_cards TO linli_api;
