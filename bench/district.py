"""The district that benches of the front door ask about."""

import psycopg

from services.adapters.credentials import Argon2Passwords
from services.adapters.postgres import open_pool
from services.provision import database as provision
from services.registry import demo
from services.registry.domain import Role
from services.registry.handlers import District, seed_district, seed_users
from services.registry.postgres import PostgresPeople, PostgresPlaces


def settle(admin: str, passwords: dict[str, str], place: District, now: int) -> None:
    """The district and its people, whose passwords are their roles."""
    url = psycopg.conninfo.make_conninfo(
        admin, dbname=provision.DATABASE, user="linli_registry", password=passwords["linli_registry"]
    )
    with open_pool(url, name="bench", size=1) as pool:
        seed_district(PostgresPlaces(pool), place, now=now)
        words = {role.value: role.value for role in Role}
        seed_users(PostgresPeople(pool), Argon2Passwords(), demo.users(place), words)
