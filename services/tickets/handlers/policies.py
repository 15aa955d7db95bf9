"""Deadlines in force: which ones new tickets get, and putting another version in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.ports import Clock
from services.tickets.domain import Actor, Policy, Role, Ticket, calendars, foresight
from services.tickets.domain.catalogue import Line, responsible_for
from services.tickets.domain.policy import Enforced
from services.tickets.domain.profiles import DEFAULT, SHIPPED
from services.tickets.ports import TicketStore, Work
from services.transactions import Clash
from streams.contracts import Refused

MAY_CHANGE: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
SHIPPED_AS: Final = {name: policy.version for name, policy in SHIPPED.items()}
SHORTEST: Final = 4
LONGEST: Final = 200
"""Characters of the reason that stays with what is put in force."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a ticket that opens at ``opens_at`` (epoch ms) gets by the policy in force, and would get by the draft."""

    opens_at: int
    in_force: tuple[foresight.Foreseen, ...]
    drafted: tuple[foresight.Foreseen, ...]
    days: tuple[foresight.Unusual, ...]


@dataclass(frozen=True, slots=True)
class KeepPolicies:
    """Reads the policies and changes which is in force; no running clock notices."""

    store: TicketStore
    clock: Clock

    def in_force(self) -> Policy:
        with self.store.transaction() as work:
            return work.policy() or DEFAULT

    def known(self) -> tuple[Policy, ...]:
        """The shipped ones and every version that was ever in force, by name and version."""
        with self.store.transaction() as work:
            stored = work.policies()
        found = {(policy.name, policy.version): policy for policy in (*SHIPPED.values(), *stored)}
        return tuple(policy for _, policy in sorted(found.items()))

    def history(self) -> tuple[Enforced, ...]:
        """Each time that a version was put in force, the newest last; empty where nobody has chosen any."""
        with self.store.transaction() as work:
            return work.enforced()

    def published(self) -> dict[tuple[str, int], Enforced]:
        """Who wrote each version, when and why: writing it put it in force. Shipped ones have no author."""
        first = {(each.name, each.version): each for each in reversed(self.history())}
        return {key: each for key, each in first.items() if SHIPPED_AS.get(key[0]) != key[1]}

    def preview(self, draft: Policy, *, who: Actor, opens_at: int | None = None) -> Preview:
        """The dates of a ticket that opens then (now, where nobody says when); nothing is kept.

        Raises:
            Refused: ``forbidden``; ``policy``, a limit of more than a year; ``calendar``, a year too far away.
        """
        _changes(who)
        at = self.clock.now() if opens_at is None else opens_at
        calendars.require_foreseen(at)
        foresight.check(draft, at)
        now, then = foresight.foreseen(self.in_force(), at), foresight.foreseen(draft, at)
        return Preview(at, now, then, foresight.unusual(at, foresight.last_of((*now, *then))))

    def enforce(self, policy: Policy, *, who: Actor, reason: str) -> Policy:
        """Put ``policy`` in force for tickets that open from now on.

        Raises:
            Refused: ``forbidden``; ``fields``, no reason; ``policy``, a limit of more than a year;
                ``conflict``, that version exists and says something else, or a version was left out.
        """
        _changes(who)
        why, now = " ".join(reason.split()), self.clock.now()
        if not SHORTEST <= len(why) <= LONGEST:
            raise Refused(
                "fields", f"reason has {len(why)} characters; it is kept, and has {SHORTEST} to {LONGEST}",
                wrong=["reason"], value=why[:80], remedy="Say by which decision the deadlines change.",
            )  # fmt: skip
        versions = {known.version: known for known in self.known() if known.name == policy.name}
        newest = max(versions, default=0)
        if versions.get(policy.version, policy) != policy or policy.version > newest + 1:
            raise _taken(policy, newest)
        foresight.check(policy, now)
        try:
            with self.store.transaction() as work:
                work.enforce(policy, by=who.by, now=now, reason=why)
        except Clash:
            raise _taken(policy, newest + 1) from None
        return policy


def _changes(who: Actor) -> None:
    if who.role not in MAY_CHANGE:
        raise Refused("forbidden", f"deadlines are changed by {' or '.join(sorted(MAY_CHANGE))}")


def deadlines_of(work: Work, name: str) -> Policy:
    """The deadlines that a line of the catalogue names, in their newest version; else the ones in force."""
    named = [policy for policy in (*SHIPPED.values(), *work.policies()) if policy.name == name] if name else []
    return max(named, key=lambda policy: policy.version, default=None) or work.policy() or DEFAULT


def named_for(lines: Iterable[Line], category: str, area: str, urgency: int) -> str:
    """The deadlines that the catalogue names for such a matter at such a place; '' where it names none."""
    return responsible_for(category, area, urgency, lines).policy if category and area else ""


def settled(work: Work, ticket: Ticket, name: str) -> Policy | None:
    """What classifying settles: the deadlines ``name``, or with none those that were in force at the opening.

    None where the ticket has them already, in whatever version: a newer one bends no running clock.
    """
    if not name:
        before = [each for each in work.enforced() if each.at <= ticket.opened_at]
        name = before[-1].name if before else DEFAULT.name
    return None if name == ticket.policy.name else deadlines_of(work, name)


def _taken(policy: Policy, newest: int) -> Refused:
    return Refused(
        "conflict",
        f"{policy.name} is at version {newest}, and what a version says never changes; "
        f"publish your change as version {newest + 1}",
        version=newest, value=str(policy.version), remedy=f"Publish your change as version {newest + 1}.",
    )  # fmt: skip
