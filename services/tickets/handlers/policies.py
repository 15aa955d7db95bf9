"""Deadlines in force: which ones new tickets get, and putting another version in force."""

from dataclasses import dataclass
from typing import Final

from services.ports import Clock
from services.tickets.domain import Actor, Policy, Role
from services.tickets.domain.profiles import DEFAULT, SHIPPED
from services.tickets.ports import TicketStore, Work
from services.transactions import Clash
from streams.contracts import Refused

MAY_CHANGE: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


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

    def enforce(self, policy: Policy, *, who: Actor) -> Policy:
        """Put ``policy`` in force for tickets that open from now on.

        Raises:
            Refused: ``forbidden``; ``conflict``, that version exists and says something else, or
                a version was left out.
        """
        if who.role not in MAY_CHANGE:
            raise Refused("forbidden", f"deadlines are changed by {' or '.join(sorted(MAY_CHANGE))}")
        versions = {known.version: known for known in self.known() if known.name == policy.name}
        newest = max(versions, default=0)
        if versions.get(policy.version, policy) != policy or policy.version > newest + 1:
            raise _taken(policy, newest)
        try:
            with self.store.transaction() as work:
                work.enforce(policy, by=who.by, now=self.clock.now())
        except Clash:
            raise _taken(policy, newest + 1) from None
        return policy


def deadlines_of(work: Work, name: str) -> Policy:
    """The deadlines that a line of the catalogue names, in their newest version; else the ones in force."""
    named = [policy for policy in (*SHIPPED.values(), *work.policies()) if policy.name == name] if name else []
    return max(named, key=lambda policy: policy.version, default=None) or work.policy() or DEFAULT


def _taken(policy: Policy, newest: int) -> Refused:
    return Refused(
        "conflict",
        f"{policy.name} is at version {newest}, and what a version says never changes; "
        f"publish your change as version {newest + 1}",
        version=newest, value=str(policy.version), remedy=f"Publish your change as version {newest + 1}.",
    )  # fmt: skip
