"""The longer SQL statements of the store, by name."""

from typing import Final

IN_AREA: Final = "area ~>=~ %({0})s AND area ~<~ (%({0})s || U&'\\+10FFFF')"
"""That an area starts with a prefix, in operators that may use an index behind a policy: ``^@`` may not."""

_COLUMNS: Final = (
    "id", "number", "version", "state", "stage", "source", "incident", "device", "kind", "area", "category",
    "urgency", "lead", "assisting", "reporter", "caller_phone", "card", "deadline", "due_at", "opened_at",
    "closed_at", "master", "level", "supervised", "body",
)  # fmt: skip

INSERT_TICKET: Final = (
    f"INSERT INTO tickets.tickets ({', '.join(_COLUMNS)}) "  # noqa: S608 - the module's own column names
    f"VALUES ({', '.join(f'%({name})s' for name in _COLUMNS)})"
).encode()

UPDATE_TICKET: Final = (
    f"UPDATE tickets.tickets SET {', '.join(f'{name} = %({name})s' for name in _COLUMNS[2:])} "  # noqa: S608 - as above
    "WHERE id = %(id)s AND version = %(expected)s"
).encode()

INSERT_EVENT: Final = """
    INSERT INTO tickets.ticket_events (id, ticket, version, action, old, new, at, by, role, why, evidence, clocks)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""

EVENTS: Final = """
    SELECT ticket, version, action, old, new, at, by, role, why, evidence, clocks
    FROM tickets.ticket_events WHERE ticket = %s ORDER BY version"""

COUNT: Final = """
    INSERT INTO tickets.counters (day, last) VALUES (%(day)s, %(many)s)
    ON CONFLICT (day) DO UPDATE SET last = counters.last + %(many)s RETURNING last - %(many)s + 1"""

HOLD: Final = "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS held (name)"

ANSWERS: Final = "SELECT key, fingerprint, ticket, version FROM tickets.requests WHERE key = ANY (%s)"

REMEMBER: Final = "INSERT INTO tickets.requests (key, fingerprint, ticket, version) VALUES (%s, %s, %s, %s)"

NUMBERS: Final = "SELECT id, number FROM tickets.tickets WHERE id = ANY (%s)"

PUT_EPISODE: Final = """
    INSERT INTO tickets.ticket_episodes (episode, ticket, rule, device, severity, active, since, normal_since)
    VALUES (%(episode)s, %(ticket)s, %(rule)s, %(device)s, %(severity)s, %(active)s, %(since)s, %(normal_since)s)
    ON CONFLICT (episode) DO UPDATE
    SET ticket = excluded.ticket, severity = excluded.severity, active = excluded.active,
        normal_since = excluded.normal_since
    WHERE ticket_episodes.ticket = excluded.ticket
       OR EXISTS (SELECT 1 FROM tickets.tickets WHERE id = ticket_episodes.ticket AND NOT is_open)"""

STOP_CLOCKS: Final = """
    UPDATE tickets.clocks SET state = 'done' WHERE ticket = %s AND state <> 'done' AND NOT clock = ANY (%s)"""

PUT_CLOCK: Final = """
    INSERT INTO tickets.clocks (ticket, clock, state, started, due, card) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (ticket, clock) DO UPDATE
    SET state = excluded.state, started = excluded.started, due = excluded.due, card = excluded.card"""

NEWEST_OF: Final = """
    SELECT body FROM tickets.tickets
    WHERE incident = %s AND incident <> '' AND state NOT IN ('archived', 'withdrawn', 'rejected')
    ORDER BY is_open DESC, closed_at DESC NULLS FIRST LIMIT 1 FOR UPDATE"""

EPISODES_BETWEEN: Final = """
    SELECT count(*) FROM tickets.ticket_episodes
    WHERE device = %(device)s AND since >= %(since)s AND since < %(until)s AND rule = %(rule)s
      AND episode <> %(other_than)s"""

NEARBY: Final = f"""
    SELECT body FROM tickets.tickets
    WHERE is_open AND {IN_AREA.format("near")} AND opened_at >= %(since)s
      AND ((device = %(device)s AND device <> '') OR category = ANY (%(categories)s))
      AND EXISTS (SELECT FROM tickets.ticket_episodes WHERE ticket = tickets.id) = %(alarmed)s
    ORDER BY opened_at DESC, id DESC LIMIT %(limit)s"""  # noqa: S608 - the module's own words

_OPEN_IN: Final = """
    SELECT found.id, found.opened_at FROM unnest(%(communities)s::text[]) AS near (code) CROSS JOIN LATERAL (
        SELECT id, opened_at FROM tickets.ticket
        WHERE is_open AND area ~>=~ near.code AND area ~<~ (near.code || ':') AND area ^@ %(scope)s
          AND opened_at >= %(since)s
        ORDER BY opened_at DESC, id DESC LIMIT %(limit)s) AS found"""
"""A prefix as a range, since the planner knows no prefix that is not a constant; ``:`` follows ``9``."""
_OPEN_AT: Final = """
    SELECT id, opened_at FROM tickets.ticket
    WHERE is_open AND tickets.spot_of(body) <@ box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))
      AND area ^@ %(scope)s AND opened_at >= %(since)s"""
_FOUND: Final = """
    SELECT body FROM (SELECT id FROM ({}) AS near ORDER BY opened_at DESC, id DESC LIMIT %(limit)s) AS found
    JOIN tickets.tickets USING (id) ORDER BY opened_at DESC, id DESC"""

OPEN_IN: Final = _FOUND.format(_OPEN_IN)
OPEN_NEAR: Final = _FOUND.format(f"{_OPEN_IN} UNION {_OPEN_AT}")

CENTRE: Final = "SELECT lon, lat FROM registry.area WHERE code = %s"
AROUND: Final = """
    SELECT DISTINCT left(code, 12) FROM registry.area
    WHERE level = 'grid' AND lon BETWEEN %(west)s AND %(east)s AND lat BETWEEN %(south)s AND %(north)s ORDER BY 1"""

OF_CALLER: Final = """
    SELECT body FROM tickets.tickets WHERE caller_phone = %(phone)s AND caller_phone <> '' AND area ^@ %(scope)s
    ORDER BY opened_at DESC, id DESC LIMIT %(limit)s"""

MERGED_INTO: Final = "SELECT body FROM tickets.tickets WHERE master = %s AND state = 'merged' ORDER BY id FOR UPDATE"

_PERSONAL: Final = "archived_at IS NOT NULL AND erased_at IS NULL AND (reporter <> '' OR body ? 'caller')"

PERSONAL: Final = f"""
    SELECT body FROM tickets.tickets WHERE {_PERSONAL} AND archived_at <= %s
    ORDER BY archived_at LIMIT %s FOR UPDATE SKIP LOCKED"""  # noqa: S608 - the module's own words

OLDEST_PERSONAL: Final = f"SELECT min(archived_at) FROM tickets.tickets WHERE {_PERSONAL}"  # noqa: S608 - as above

REWRITE: Final = "UPDATE tickets.ticket_events SET by = %s, why = %s, evidence = %s WHERE id = %s"

POLICY: Final = """
    SELECT policies.body FROM tickets.policies_in_force JOIN tickets.policies USING (name, version)
    ORDER BY policies_in_force.id DESC LIMIT 1"""

PUBLISHED: Final = "SELECT body, by, at, reason FROM tickets.policies ORDER BY name, version"

PUBLISH: Final = """
    INSERT INTO tickets.policies (name, version, body, at, by, reason)
    SELECT %(name)s, %(version)s, %(body)s, %(at)s, %(by)s, %(reason)s
    WHERE NOT EXISTS (SELECT FROM tickets.policies WHERE name = %(name)s AND version = %(version)s)
    ON CONFLICT (name, version) DO NOTHING"""
"""Only what is new meets the checks: a name that began before its rule may be put in force again."""

ENFORCE: Final = "INSERT INTO tickets.policies_in_force (name, version, by, at, reason) VALUES (%s, %s, %s, %s, %s)"

ENFORCED: Final = "SELECT name, version, by, at, reason FROM tickets.policies_in_force ORDER BY id"

ASSUMED: Final = """
    SELECT body FROM tickets.tickets
    WHERE body @? '$.clocks[*] ? (@.assumed == true)' AND state <> ALL (%(ended)s)
      AND jsonb_path_exists(body, '$.clocks[*] ? (@.assumed == true && @.due <= $until && !exists(@.left))',
                            jsonb_build_object('until', %(until)s::bigint))
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED"""
"""The first condition is that of the partial index."""
