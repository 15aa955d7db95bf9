"""Deadlines: which ones new tickets get, publishing a version of them, and putting another in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.audit import Did, Entry, said
from services.ports import Clock
from services.tickets.domain import Actor, Policy, Role, Ticket, calendars, foresight
from services.tickets.domain.catalogue import Line, responsible_for
from services.tickets.domain.policy import Enforced, Published, check_name
from services.tickets.domain.profiles import DEFAULT, SHIPPED
from services.tickets.ports import TicketStore, Work
from services.transactions import Clash
from streams.contracts import Refused

MAY_CHANGE: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
SHIPPED_AS: Final = {name: policy.version for name, policy in SHIPPED.items()}
SHORTEST: Final = 4
LONGEST: Final = 200
"""Characters of the reason that stays with what is published or put in force."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a ticket that opens at ``opens_at`` (epoch ms) gets by the policy in force, and would get by the draft."""

    opens_at: int
    in_force: tuple[foresight.Foreseen, ...]
    drafted: tuple[foresight.Foreseen, ...]
    days: tuple[foresight.Unusual, ...]


@dataclass(frozen=True, slots=True)
class KeepPolicies:
    """Reads the policies, writes versions and changes which is in force; no running clock notices."""

    store: TicketStore
    clock: Clock

    def in_force(self) -> Policy:
        with self.store.transaction() as work:
            return work.policy() or DEFAULT

    def known(self) -> tuple[Policy, ...]:
        """The shipped ones and every version that was published, by name and version."""
        with self.store.transaction() as work:
            return _known(work)

    def newest(self) -> dict[str, int]:
        """The version that a line of the catalogue means when it names a policy, by name."""
        return {policy.name: policy.version for policy in self.known()}

    def history(self) -> tuple[Enforced, ...]:
        """Each time that a version was put in force, the newest last; empty where nobody has chosen any."""
        with self.store.transaction() as work:
            return work.enforced()

    def published(self) -> dict[tuple[str, int], Published]:
        """Who wrote each version, when and why, by name and version. Shipped ones have no author."""
        with self.store.transaction() as work:
            written = work.published()
        return {(each.policy.name, each.policy.version): each for each in written if not _ships(each.policy)}

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

    def publish(self, policy: Policy, *, who: Actor, reason: str) -> Policy:
        """Write a version, known or the next of its name or the first of a new one; what is in force stays.

        Tickets of which the catalogue names this policy get it from now on.

        Raises:
            Refused: ``forbidden``; ``fields``, no reason; ``policy``, a limit of more than a year, or a new name
                that is none; ``conflict``, that version exists and says something else, or a version was left out.
        """
        return self._write(policy, who, reason, enforce=False)

    def enforce(self, policy: Policy, *, who: Actor, reason: str) -> Policy:
        """Put ``policy`` in force for tickets that open from now on, and publish it where it is new.

        Raises:
            Refused: as :meth:`publish`.
        """
        return self._write(policy, who, reason, enforce=True)

    def _write(self, policy: Policy, who: Actor, reason: str, *, enforce: bool) -> Policy:
        _changes(who)
        why, now, ours = _explained(reason), self.clock.now(), not _ships(policy)
        subject, detail = f"policy {policy.name}", said(version=policy.version, reason=why)
        try:
            with self.store.transaction() as work:
                _follows(policy, _known(work))
                foresight.check(policy, now)
                new = (ours or enforce) and work.publish(Published(policy, who.by, now, why))
                if new and ours:
                    work.audit(Entry(now, who.by, Did.POLICY_PUBLISHED, subject, detail, who.role))
                if enforce:
                    work.enforce(Enforced(policy.name, policy.version, who.by, now, why))
                    work.audit(Entry(now, who.by, Did.POLICY, subject, detail, who.role))
        except Clash:
            raise _taken(policy, policy.version) from None
        return policy


def _changes(who: Actor) -> None:
    if who.role not in MAY_CHANGE:
        raise Refused("forbidden", f"deadlines are changed by {' or '.join(sorted(MAY_CHANGE))}")


def _explained(reason: str) -> str:
    why = " ".join(reason.split())
    if not SHORTEST <= len(why) <= LONGEST:
        raise Refused(
            "fields", f"reason has {len(why)} characters; it is kept, and has {SHORTEST} to {LONGEST}",
            wrong=["reason"], value=why[:80], remedy="Say by which decision the deadlines change.",
        )  # fmt: skip
    return why


def _known(work: Work) -> tuple[Policy, ...]:
    stored = (each.policy for each in work.published())
    found = {(policy.name, policy.version): policy for policy in (*SHIPPED.values(), *stored)}
    return tuple(policy for _, policy in sorted(found.items()))


def _ships(policy: Policy) -> bool:
    return SHIPPED_AS.get(policy.name) == policy.version


def _follows(policy: Policy, known: Iterable[Policy]) -> None:
    """That ``policy`` is known as it is, or the next of its name, or the first of a new name.

    Raises:
        Refused: ``conflict``; ``policy``, a new name that is none.
    """
    versions = {each.version: each for each in known if each.name == policy.name}
    newest = max(versions, default=0)
    if not versions:
        check_name(policy.name)
    if versions.get(policy.version, policy) != policy or policy.version > newest + 1:
        raise _taken(policy, newest)


def deadlines_of(work: Work, name: str) -> Policy:
    """The deadlines that a line of the catalogue names, in their newest version; else the ones in force."""
    named = [policy for policy in _known(work) if policy.name == name] if name else []
    return max(named, key=lambda policy: policy.version, default=None) or work.policy() or DEFAULT


def named_for(lines: Iterable[Line], category: str, area: str, urgency: int) -> str:
    """The deadlines that the catalogue names for such a matter at such a place; '' where it names none."""
    return responsible_for(category, area, urgency, lines).policy if category and area else ""


def settled(work: Work, ticket: Ticket, name: str) -> Policy | None:
    """What classifying settles: the deadlines ``name``, or with none those that were in force at the opening.

    None where the ticket has them already, in whatever version: a newer one bends no running clock.
    """
    if name:
        return None if name == ticket.policy.name else deadlines_of(work, name)
    then = next((each for each in reversed(work.enforced()) if each.at <= ticket.opened_at), None)
    if (then.name if then else DEFAULT.name) == ticket.policy.name:
        return None
    return _as_enforced(work, then) if then else DEFAULT


def _as_enforced(work: Work, then: Enforced) -> Policy:
    """Exactly that version: a newer one of its name may never have been in force."""
    return next(each for each in _known(work) if (each.name, each.version) == (then.name, then.version))


def _taken(policy: Policy, newest: int) -> Refused:
    return Refused(
        "conflict",
        f"{policy.name} is at version {newest}, and what a version says never changes; "
        f"publish your change as version {newest + 1}",
        version=newest, value=str(policy.version), remedy=f"Publish your change as version {newest + 1}.",
    )  # fmt: skip
