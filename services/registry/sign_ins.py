"""What the registry does every few seconds about sign-ins: forget expired tokens, count who is locked out."""

import threading
from typing import Final

from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import until_available
from services.ports import Clock
from services.registry.domain.staff import locked_now
from services.registry.ports import PeopleStore
from streams.contracts.metrics import SIGN_IN_LOCKED

EVERY_S: Final = 5.0
KINDS: Final = ("account", "address")


def watch_sign_ins(stop: threading.Event, store: PeopleStore, clock: Clock, health: Health) -> None:
    """Run until ``stop``: both are few rows, and the beat shows that the pool works."""
    while not stop.is_set():
        until_available(stop, "tokens", lambda: look(store, clock.now()))
        health.beat("tokens")
        stop.wait(EVERY_S)


def look(store: PeopleStore, now: int) -> int:
    """Returns how many tokens were forgotten. Raises: Unavailable."""
    locks = locked_now(dict(store.locks(now)), frozenset())
    for kind in KINDS:
        gauge(SIGN_IN_LOCKED, kind=kind).set(sum(lock.kind == kind for lock in locks))
    return store.drop_expired(now)
