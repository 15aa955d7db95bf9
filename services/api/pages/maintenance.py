"""Devices in maintenance as the pages say them: since when, by whom, why, and which were most likely forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.registry.domain.maintenance import Maintenance
from streams.contracts import Refused

SHOWN: Final = 500
"""Rows of one list; the longest come first, and nobody mends more at a time."""


@dataclass(frozen=True, slots=True)
class MaintenanceView:
    """``why`` '' where nobody gave a reason; ``long``: most likely forgotten."""

    device: str
    kind: str
    place: str
    area: str
    since: int
    lasted: str
    by: str
    why: str
    long: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """How many there are, how long the longest has lasted, and by device the reasons that were given."""

    total: int
    longest: str
    long: bool
    whys: Mapping[str, str]

    @property
    def said(self) -> str:
        """The number, which ends where the list does."""
        return f"{fmt.number(self.total)}+" if self.total >= SHOWN else fmt.number(self.total)


def of_device(container: Container, device: str, now: int, t: Words) -> MaintenanceView | None:
    """None where it is in none."""
    found = container.devices.in_maintenance(scope="", devices=[device], limit=1)
    return _view(found[0], _names(container), now, t) if found else None


def listed(container: Container, who: Caller, kind: str, now: int, t: Words) -> list[MaintenanceView]:
    """Those in the person's area, the longest first."""
    names = _names(container)
    return [_view(each, names, now, t) for each in _all(container, who) if kind in {"", each.device.kind}]


def summary(container: Container, who: Caller, now: int, t: Words) -> Summary:
    """For a page on something else, which says that alarms are hidden."""
    found = _all(container, who)
    longest = fmt.span(now - found[0].since, t) if found else ""
    whys = {each.device.id: each.why for each in found if each.why}
    return Summary(len(found), longest, bool(found) and found[0].long(now), whys)


def asked_for(why: str) -> None:
    """The API leaves the reason open, a person is asked for it.

    Raises:
        Refused: ``invalid``, there is none.
    """
    if not why.strip():
        raise Refused("invalid", "why is empty", field="why", value="", remedy="Say what is done to the device.")


def refused_text(refused: Refused, t: Words) -> str:
    """What to do instead, where maintenance was not begun or ended.

    Raises:
        Refused: the same one, where it is about something else.
    """
    if refused.code == "version":
        return t("设备的登记刚被别人改过。下面是现在的样子，请再决定一次。")
    if refused.code == "invalid" and refused.extra.get("field") == "why":
        return t("请写清检修理由，2 到 200 个字：接班的人和收到告警的人都会看到。")
    raise refused


def _all(container: Container, who: Caller) -> tuple[Maintenance, ...]:
    return container.devices.in_maintenance(scope=who.scope, limit=SHOWN)


def _names(container: Container) -> Mapping[str, str]:
    return {user.id: user.name for user in container.people.list_users()}


def _view(each: Maintenance, names: Mapping[str, str], now: int, t: Words) -> MaintenanceView:
    device = each.device
    return MaintenanceView(
        device.id, device.kind, device.place, device.area, each.since, fmt.span(now - each.since, t),
        names.get(each.by, each.by), each.why, each.long(now),
    )  # fmt: skip
