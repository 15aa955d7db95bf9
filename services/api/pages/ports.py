"""What the pages need to know and do, in the pages' own terms.

``sources.py`` answers it from the container's readers and use cases; ``MemoryDistrict`` in the
tests is its twin. Times are epoch ms; ``who`` narrows every answer to that person's area.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from services.api.door.auth import Caller
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.tickets.ticket_rows import AnswerRow, ClockRow, EventRow, PhotoRow, ProofRow, TaskRow
from services.tickets.domain import Scale, StageCount
from streams.contracts import Rule

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A county, street, community, grid or building; ``geometry`` is GeoJSON."""

    code: str
    level: str
    name_zh: str
    name_en: str
    geometry: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A registered device and when it was last heard."""

    id: str
    kind: str
    area: str
    place: str
    lon: float | None = None
    lat: float | None = None
    state: str = "active"
    model: str = ""
    period_s: int = 3600
    heard: int | None = None
    installed: int | None = None
    calibrated: int | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def silent(self, now: int) -> bool:
        """Nothing for three reporting periods: its last value is not the present."""
        return self.heard is None or now - self.heard > 3 * self.period_s * 1000


@dataclass(frozen=True, slots=True)
class LastRow:
    """The newest reading of one metric."""

    metric: str
    ts: int
    value: float | None
    quality: str = "good"


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket; ``events``, ``allowed``, ``proposed`` and ``answers`` are filled where one ticket is read.

    ``answers`` may be cited where it can be answered at once. ``proposed`` are the units that the catalogue names for
    a ticket that is to be dispatched, the lead first.
    """

    id: str
    number: str
    state: str
    stage: str
    source: str
    area: str
    title: str
    opened: int
    version: int
    urgency: int = 0
    category: str = ""
    text: str = ""
    place: str = ""
    building: str = ""
    device: str = ""
    kind: str = ""
    incident: str = ""
    deadline: int | None = None
    mark: str = ""
    lead: str = ""
    lead_zh: str = ""
    lead_en: str = ""
    assisting: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    caller_name: str = ""
    caller_phone: str = ""
    confidential: bool = False
    unmaskable: bool = False
    erased: int | None = None
    episodes: tuple[str, ...] = ()
    clocks: tuple[ClockRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    allowed: tuple[str, ...] = ()
    sensor_normal_at: int | None = None
    proof: ProofRow | None = None
    confirmed_at: int | None = None
    tasks: tuple[TaskRow, ...] = ()
    photos: tuple[PhotoRow, ...] = ()
    merged_photos: tuple[PhotoRow, ...] = ()
    waiting_until: int | None = None
    asked_until: int | None = None
    plan: str = ""
    master: str = ""
    level: str = "grid"
    supervised: bool = False
    hot_spot: str = ""
    responsible: str = ""
    on_duty: tuple[tuple[str, int], ...] = ()
    answers: tuple[AnswerRow, ...] = ()

    @property
    def severity(self) -> str:
        """How a ticket's urgency looks in a list; an ordinary one carries no sign."""
        return {2: "critical", 1: "major"}.get(self.urgency, "")


@dataclass(frozen=True, slots=True)
class LetterRow:
    id: str
    at: int
    source: str
    reason: str
    detail: str
    topic: str = ""
    size: int = 0
    preview: str = ""
    replayed: int | None = None


@dataclass(frozen=True, slots=True)
class StrangerRow:
    """A device that nobody registered; ``danger`` is the worst severity its values reached."""

    device: str
    kind: str
    first: int
    last: int
    count: int
    danger: str = ""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """What the platform told the people on call."""

    id: str
    name: str
    severity: str
    state: str
    summary_zh: str
    summary_en: str
    started: int
    ended: int | None = None
    acked_at: int | None = None
    acked_by: str = ""


@dataclass(frozen=True, slots=True)
class UnitRow:
    id: str
    name_zh: str
    name_en: str
    area: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What a ticket list shows: ``view`` is ``open``, a stage, ``late`` or ``all``."""

    view: str = "open"
    area: str = ""
    source: str = ""
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of rows and the cursor of the next."""

    rows: tuple[T, ...]
    next: str | None = None


class PageSource(Protocol):
    """Reads and acts for one signed-in person."""

    def areas(self, who: Caller) -> Sequence[AreaRow]: ...

    def layers(self) -> Mapping[str, dict[str, Any]]:
        """What is drawn beneath, by name: GeoJSON feature collections."""

    def units(self) -> Sequence[UnitRow]: ...

    def fleet(self, who: Caller) -> Sequence[DeviceRow]: ...

    def device(self, who: Caller, device: str) -> DeviceRow | None: ...

    def last_values(self, device: str) -> Sequence[LastRow]: ...

    def series(self, device: str, metric: str, start: int, end: int) -> Sequence[tuple[int, float]]: ...

    def highest(self, who: Caller, kind: str, metric: str, most: int) -> Sequence[tuple[str, float]]:
        """The devices with the highest newest values of a metric."""

    def rules(self) -> Sequence[Rule]: ...

    def open_alarms(self, who: Caller) -> Sequence[AlarmRow]: ...

    def alarm(self, who: Caller, alarm: str) -> AlarmRow | None: ...

    def alarms_of(self, who: Caller, device: str, since: int) -> Sequence[AlarmRow]: ...

    def last_ended(self, who: Caller) -> AlarmRow | None: ...

    def alarm_starts(self, who: Caller, since: int) -> Sequence[int]: ...

    def tickets(self, who: Caller, wanted: TicketFilter) -> Listing[TicketRow]: ...

    def stage_counts(self, who: Caller) -> Sequence[StageCount]:
        """Open tickets by stage, and how many carry a card."""

    def ticket(self, who: Caller, ticket: str) -> TicketRow | None: ...

    def ticket_behind(self, who: Caller, ticket: str) -> TicketRow | None:
        """An alarm's ticket, for who may see the ticket too: another unit's people see the alarm alone."""

    def letters(self, who: Caller, cursor: str | None) -> Listing[LetterRow]: ...

    def strangers(self, who: Caller) -> Sequence[StrangerRow]: ...

    def scale(self) -> Scale:
        """Between how many answers a reporter chooses now."""

    def notices(self) -> Sequence[NoticeRow]: ...

    def acknowledge(self, who: Caller, alarm: str, comment: str) -> None: ...

    def reset(self, who: Caller, alarm: str, reason: str) -> None: ...

    def act(self, who: Caller, ticket: str, action: str, version: int, values: dict[str, Any]) -> TicketRow: ...

    def replay(self, who: Caller, letter: str) -> None: ...

    def adopt(self, who: Caller, device: str, kind: str, area: str, place: str) -> None: ...

    def acknowledge_notice(self, who: Caller, notice: str) -> None: ...
