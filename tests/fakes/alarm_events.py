"""Alarm events as the engine would publish them, for tests of what follows from them."""

from typing import Any

from streams.contracts import AlarmEvent, AlarmState, Cause, Severity, Source, TicketPolicy

GRID = "990101001001001"
LEAK = TicketPolicy(category="gas-leak", urgency=2, normal_for_ms=1_800_000, reopen_ms=86_400_000)
MAJOR = TicketPolicy(category="gas-leak", urgency=1, normal_for_ms=1_800_000, reopen_ms=86_400_000)
T0 = 1_795_311_636_000


def raised(episode: str = "e1", *, device: str = "gas-000001", number: int = 1, **changes: Any) -> AlarmEvent:
    """A critical gas alarm, confirmed just now."""
    fields: dict[str, Any] = {
        "id": f"{episode}-{number}", "episode": episode, "incident": f"gas-leak:{device}", "rule": "gas.ch4",
        "rule_version": 1, "cause_of_alarm": "gas-leak", "device": device, "kind": "gas", "metric": "ch4_lel",
        "grid": GRID, "severity": Severity.CRITICAL, "old": AlarmState.NORMAL, "new": AlarmState.ACTIVE_UNACK,
        "cause": Cause.CONFIRMED, "at": T0, "since": T0 - 10_000, "source": Source(0, number), "ts": T0 - 200,
        "arrival": T0 - 100, "value": 62.0, "limit": 50.0, "ticket": LEAK, "latched": True,
    }  # fmt: skip
    return AlarmEvent(**{**fields, **changes})


def acknowledged(episode: str = "e1", *, number: int = 2, **changes: Any) -> AlarmEvent:
    fields: dict[str, Any] = {
        "old": AlarmState.ACTIVE_UNACK, "new": AlarmState.ACTIVE_ACK, "cause": Cause.ACKNOWLEDGED, "by": "duty",
        "at": T0 + 30_000,
    }  # fmt: skip
    return raised(episode, number=number, **{**fields, **changes})


def returned(episode: str = "e1", *, number: int = 3, **changes: Any) -> AlarmEvent:
    """The condition has gone and the alarm with it."""
    fields: dict[str, Any] = {
        "old": AlarmState.ACTIVE_ACK, "new": AlarmState.NORMAL, "cause": Cause.RETURNED, "at": T0 + 600_000,
        "normal_since": T0 + 300_000, "value": 0.0, "latched": False,
    }  # fmt: skip
    return raised(episode, number=number, **{**fields, **changes})
