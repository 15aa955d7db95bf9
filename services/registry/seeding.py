"""What the process does once at its start, before its loops: seed."""

from sensors.kinds import default_rules, pace
from services.adapters import logging
from services.adapters.credentials import Argon2Passwords
from services.adapters.postgres import Pool
from services.ports import Clock
from services.registry import demo
from services.registry.handlers import (
    seed_administrator,
    seed_district,
    seed_duties,
    seed_entry_cards,
    seed_rules,
    seed_users,
)
from services.registry.postgres import (
    PostgresEntryCards,
    PostgresPeople,
    PostgresPlaces,
    PostgresRosters,
    PostgresRules,
)
from services.registry.settings import Pace, RegistrySettings


def prepare(settings: RegistrySettings, pool: Pool, clock: Clock) -> None:
    """Make the database hold what it should; quick where it does.

    Raises:
        Unavailable: a server does not answer; nothing is half done that a repetition would not finish.
    """
    log, now = logging.get(__name__), clock.now()
    hasten = pace.demo if settings.pace is Pace.DEMO else (lambda rule: rule)
    rules = seed_rules(PostgresRules(pool), [hasten(rule) for rule in default_rules()], now=now)
    log.info("seeded", rules=rules)
    if settings.demo:
        place = demo.district(settings.seed, settings.devices)
        added = seed_district(PostgresPlaces(pool), place, now=now)
        users = demo.users(place)
        people = seed_users(PostgresPeople(pool), Argon2Passwords(), users, settings.words())
        duties = seed_duties(PostgresRosters(pool), demo.duties(users), people, now=now)
        cards = seed_entry_cards(PostgresEntryCards(pool), demo.entry_cards(place), now=now)
        log.info("seeded the demo", users=people, duties=duties, entry_cards=cards, **added)
    word = settings.administrator_password.get_secret_value()
    if word and seed_administrator(PostgresPeople(pool), Argon2Passwords(), word):
        log.info("made the first user", user="administrator")
