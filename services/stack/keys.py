"""Secrets of one data directory: made at random once, readable by the owner only."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from services.stack.servers import mosquitto
from streams.contracts import LinliError

DATABASE_ROLES = ("admin", "registry", "history", "alarms", "tickets", "oncall", "notices", "api")
DEMO_ROLES = (
    "citizen",
    "grid_worker",
    "grid_manager",
    "operator",
    "dispatcher",
    "unit_handler",
    "unit_leader",
    "supervisor",
    "oncall",
    "administrator",
)


class SecretsUnreadable(LinliError):
    """``secrets.json`` is damaged; the message says what that means and what to do."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords by role or account, the session key and the webhook's token."""

    database: Mapping[str, str]
    mqtt: Mapping[str, str]
    demo: Mapping[str, str]
    session: str
    webhook: str


def _word() -> str:
    return secrets.token_urlsafe(18)


def load_or_make(file: Path) -> Secrets:
    """Read the secrets, or make those that there are none of yet: a later version may know more accounts.

    Raises:
        SecretsUnreadable: the file is there but does not hold them.
    """
    old = load(file) if file.exists() else Secrets({}, {}, {}, secrets.token_urlsafe(48), _word())
    made = Secrets(
        database={role: _word() for role in DATABASE_ROLES} | dict(old.database),
        mqtt={account: _word() for account in mosquitto.ACCOUNTS} | dict(old.mqtt),
        demo={role: _word() for role in DEMO_ROLES} | dict(old.demo),
        session=old.session,
        webhook=old.webhook,
    )
    if made == old:
        return old
    partial = file.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(asdict(made), handle, indent=2)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(file)
    return made


def load(file: Path) -> Secrets:
    """Read the secrets of a data directory that has run before."""
    try:
        return Secrets(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise SecretsUnreadable(
            f"{file} 无法读取 / cannot be read: {error}. The databases beside it were made with these passwords: "
            "restore the file, or start anew with another --data directory"
        ) from error
