"""An alarm as the pages list it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm as a list shows it; ``value`` is the reading that decided its last transition.

    ``ticket_page`` is the address of its ticket, empty for a person who may see no tickets.
    """

    id: str
    episode: str
    device: str
    kind: str
    rule: str
    metric: str
    severity: str
    state: str
    since: int
    area: str
    place: str = ""
    value: float | None = None
    limit: float | None = None
    ended: int | None = None
    acked_at: int | None = None
    acked_by: str = ""
    latched: bool = False
    ticket: str = ""
    ticket_page: str = ""
    ticket_number: str = ""
    ticket_state: str = ""
    shelved_until: int | None = None
    suppressed_by: str = ""
    out_of_service: bool = False
    maintenance: bool = False

    @property
    def open(self) -> bool:
        return self.state != "normal"

    @property
    def waits(self) -> bool:
        """Somebody has yet to say that they have seen it."""
        return self.state in {"active_unack", "rtn_unack"}

    @property
    def by_maintenance_alone(self) -> bool:
        """Nothing else hides it, so that the reason of the maintenance is the reason."""
        return self.maintenance and self.shelved_until is None and not self.suppressed_by and not self.out_of_service

    @property
    def hidden(self) -> bool:
        """Shelved, suppressed, out of service or in maintenance: it calls nobody and opens no ticket."""
        hiding = self.shelved_until is not None or bool(self.suppressed_by) or self.out_of_service or self.maintenance
        return self.open and hiding
