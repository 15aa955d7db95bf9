"""Records of ``linli.groups``: the only input of the second stage, which sees whole groups.

The first stage (``streams.rules``) writes them as effects of ``linli.inputs``, keyed by group. Each
carries the source that decided it, and one source's records for one key stand in its order, so a
record at or below the last one seen of (source partition, kind of record, subject) is a repetition.
"""

import msgspec

from streams.contracts.alarms import AlarmEvent, Source
from streams.contracts.inputs import Action, Tick


class Candidate(msgspec.Struct, frozen=True, tag="candidate"):
    """A transition of a rule with a group, on its way to ``linli.alarms`` by way of its incident."""

    group: str
    event: AlarmEvent


class Member(msgspec.Struct, frozen=True, tag="member", omit_defaults=True):
    """A device's own condition for a rule on its group, sent when it changes.

    ``condition`` None: unknown (not in service, left the group). ``at``: since when, record time.
    """

    group: str
    rule: str
    device: str
    grid: str
    at: int
    source: Source
    condition: bool | None = None
    building: str = ""


GroupRecord = Candidate | Member | Action | Tick
"""Ticks go to the partition of ``linli.groups`` with the number they came from; all else by ``group``
(an Action by its ``device``, which is the group's id)."""


def group_key(record: Candidate | Member | Action) -> str:
    """The key a record is sent under."""
    return record.device if isinstance(record, Action) else record.group
