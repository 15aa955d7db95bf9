"""The demo's pace: what a visitor waits for is shortened, what decides an alarm is not."""

from typing import Final

import msgspec

from streams.contracts import Level, Rule

DEMO_CAP_MS: Final = 20_000


def demo(rule: Rule) -> Rule:
    """The rule with its off-delays and its tickets' normal-for times capped at 20 seconds.

    Limits, on-delays and repeats stay real: a demo alarm means what a real one means.
    """
    return msgspec.structs.replace(rule, levels=tuple(_hasten(level) for level in rule.levels))


def _hasten(level: Level) -> Level:
    ticket = level.ticket
    if ticket is not None:
        ticket = msgspec.structs.replace(ticket, normal_for_ms=min(ticket.normal_for_ms, DEMO_CAP_MS))
    return msgspec.structs.replace(level, off_delay_ms=min(level.off_delay_ms, DEMO_CAP_MS), ticket=ticket)
