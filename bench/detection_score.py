"""Holds the tickets of a scenario against its truth.

A ticket matches an event when they share a device and it opened between ``from`` - 60 s and ``to`` + 10 min.
Each event deserves one ticket: the first that matches finds it, more are duplicates. A ticket that matches
nothing, or only events that deserve none, is false. Maintenance tickets of the health rules are counted apart,
but for one that an event of its own cause asks for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bench.detection_chain import Opened, Played
from sensors.simulator.truth import Truth

BEFORE_MS = 60_000
AFTER_MS = 600_000
DAY_MS = 86_400_000


class Score(msgspec.Struct, frozen=True):
    """One scenario's line. ``delay``: from the first sample of the confirming run to the ticket."""

    scenario: str
    hazards: int
    found: int
    missed: tuple[Truth, ...]
    false_tickets: int
    duplicate_tickets: int
    device_days: float
    delay_p50_s: float | None
    delay_p95_s: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A score with what stands behind it. ``beyond``: seconds after the rule's own confirmation was met."""

    score: Score
    delays: tuple[float, ...]
    beyond: tuple[float, ...]
    false: tuple[Opened, ...]
    duplicates: tuple[Opened, ...]
    maintenance: int
    afterwards: int
    faults: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """A hazard was missed, a ticket came twice, or a bug was met on the way."""
        return bool(self.score.missed or self.duplicates or self.faults)


def matches(ticket: Opened, truth: Truth) -> bool:
    """Whether a ticket may stand for an event."""
    if ticket.maintenance and ticket.event.cause_of_alarm != truth.cause:
        return False
    in_time = truth.start - BEFORE_MS <= ticket.at <= truth.end + AFTER_MS
    return in_time and not ticket.devices.isdisjoint(truth.devices)


def pair(tickets: Sequence[Opened], hazards: Sequence[Truth]) -> dict[int, int]:
    """Hazard -> ticket, by index: as many pairs as can be, earlier tickets first (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(ticket: int, seen: set[int]) -> bool:
        for index, hazard in enumerate(hazards):
            if index in seen or not matches(tickets[ticket], hazard):
                continue
            seen.add(index)
            if index not in taken or place(taken[index], seen):
                taken[index] = ticket
                return True
        return False

    for ticket in range(len(tickets)):
        place(ticket, set())
    return taken


def judge(name: str, devices: int, truths: Sequence[Truth], played: Played) -> Verdict:
    """Score a scenario that has been played."""
    hazards = [truth for truth in truths if truth.ticket]
    tickets = sorted(played.tickets, key=lambda ticket: ticket.at)
    pairs = pair(tickets, hazards)
    spare = [ticket for index, ticket in enumerate(tickets) if index not in pairs.values()]
    process = [ticket for ticket in spare if not ticket.maintenance]
    duplicates = tuple(ticket for ticket in process if any(matches(ticket, hazard) for hazard in hazards))
    stray = [ticket for ticket in process if ticket not in duplicates]
    # Once the recording has ended everybody is silent, and that proves nothing.
    false = tuple(ticket for ticket in stray if ticket.at <= played.last)
    timed = [(tickets[index].at, tickets[index].delay) for index in sorted(pairs.values())]
    delays = tuple((at - each.first) / 1000 for at, each in timed if each is not None)
    beyond = tuple((at - each.due) / 1000 for at, each in timed if each is not None)
    score = Score(
        scenario=name,
        hazards=len(hazards),
        found=len(pairs),
        missed=tuple(hazard for index, hazard in enumerate(hazards) if index not in pairs),
        false_tickets=len(false),
        duplicate_tickets=len(duplicates),
        device_days=round(devices * (played.last - played.first) / DAY_MS, 3),
        delay_p50_s=percentile(delays, 50),
        delay_p95_s=percentile(delays, 95),
    )
    return Verdict(
        score,
        delays,
        beyond,
        false,
        duplicates,
        maintenance=sum(ticket.maintenance for ticket in spare),
        afterwards=len(stray) - len(false),
        faults=tuple(played.faults),
    )


def percentile(values: Sequence[float], share: int) -> float | None:
    """The smallest value that ``share`` per cent do not exceed; None of none."""
    if not values:
        return None
    return round(sorted(values)[max(0, -(-len(values) * share // 100) - 1)], 3)


def per_thousand(verdicts: Sequence[Verdict]) -> float:
    """False tickets in 1,000 device-days over all scenarios."""
    days = sum(verdict.score.device_days for verdict in verdicts)
    return sum(verdict.score.false_tickets for verdict in verdicts) / days * 1000 if days else 0.0
