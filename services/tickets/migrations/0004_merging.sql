-- Which tickets are one matter: open ones of a place, and a caller's own, each by an index.

CREATE INDEX tickets_open_near ON tickets (area text_pattern_ops, opened_at DESC) WHERE is_open;
CREATE INDEX tickets_caller ON tickets (caller_phone, opened_at DESC, id DESC) WHERE caller_phone <> '';
