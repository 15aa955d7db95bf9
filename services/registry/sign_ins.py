"""What the registry does every few seconds about sign-ins: forget expired tokens, count who is locked out."""

from typing import Final

from services.adapters.metrics import gauge
from services.registry.domain.staff import locked_now
from services.registry.ports import PeopleStore
from streams.contracts.metrics import SIGN_IN_LOCKED

KINDS: Final = ("account", "address")


def look(store: PeopleStore, now: int) -> int:
    """Returns how many tokens were forgotten. Raises: Unavailable."""
    locks = locked_now(dict(store.locks(now)), frozenset())
    for kind in KINDS:
        gauge(SIGN_IN_LOCKED, kind=kind).set(sum(lock.kind == kind for lock in locks))
    return store.drop_expired(now)
