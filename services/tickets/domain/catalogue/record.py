"""What the audit log says of a changed catalogue. Pure."""

from services.audit import Did, Entry, said
from services.tickets.domain.catalogue.lines import Line


def changed(what: str, line: Line, *, by: str, now: int) -> Entry:
    """A line that was ``added``, ``replaced`` or ``removed``, with what it says."""
    detail = said(
        what=what, category=line.category, area=line.area, urgency="" if line.urgency is None else line.urgency,
        lead=line.lead, assisting=list(line.assisting), policy=line.policy,
    )  # fmt: skip
    return Entry(now, by, Did.CATALOGUE, f"catalogue {line.id}", detail)
