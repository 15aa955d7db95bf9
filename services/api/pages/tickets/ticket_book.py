"""What the search page asks of the platform: found tickets, kept filters, one action on many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.pages import rows
from services.api.pages.ports import TicketRow
from services.api.problems import ProblemError
from services.api.tickets.export import ExportQuery, exported
from services.api.tickets.filters import count_of, keep
from services.api.tickets.queries import found_and_counted, most_of, query_of
from services.api.tickets.tickets import actor, ticket_for
from services.paging import encode_cursor
from services.registry.domain import Unit
from services.tickets.domain import Details
from services.tickets.handlers import Act
from streams.contracts import Refused


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of found tickets, how many there are in all (``most`` or more of them), the next page's cursor."""

    rows: tuple[TicketRow, ...]
    total: int
    most: int
    next: str | None


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A kept filter with what it finds now, None where it no longer fits."""

    name: str
    query: dict[str, str]
    count: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many: None where it is done, else why not."""

    number: str
    error: Refused | ProblemError | None


@dataclass(frozen=True, slots=True)
class TicketBook:
    """The tickets over the container."""

    container: Container

    def sheet(self, who: Caller, words: Mapping[str, str], units: Sequence[Unit]) -> Sheet:
        """Raises: ProblemError, Refused: as the list itself."""
        query = query_of(words)
        page, total = found_and_counted(self.container, who, query)
        leads = {unit.id: unit for unit in units}
        listed = tuple(rows.of_ticket(ticket, unit=leads.get(ticket.lead)) for ticket in page.items)
        return Sheet(listed, total, most_of(query), encode_cursor(page.next))

    def export(self, who: Caller, words: Mapping[str, str], form: str) -> Response:
        """The whole list as CSV, or as a workbook where ``form`` is xlsx."""
        asked = query_of(words).model_dump(by_alias=True, exclude_unset=True)
        query = ExportQuery.model_validate({**asked, "format": "xlsx" if form == "xlsx" else "csv"})
        return exported(self.container, who, query)

    def units(self, who: Caller) -> Sequence[Unit]:
        return self.container.places.list_units(scope=who.scope)

    def kept(self, who: Caller) -> list[KeptRow]:
        mine = self.container.saved_filters.of(who.id)
        return [KeptRow(each.name, each.query, count_of(self.container, who, each)) for each in mine]

    def keep(self, who: Caller, name: str, words: Mapping[str, str]) -> None:
        keep(self.container, who, name, dict(words))

    def drop(self, who: Caller, name: str) -> None:
        self.container.saved_filters.drop(who.id, name)

    def act(
        self, who: Caller, chosen: Mapping[str, int], action: str, values: Mapping[str, str], key: str
    ) -> list[Outcome]:
        """The action on each of the chosen, by id and version; each once for ``key``."""
        details = msgspec.convert(dict(values), Details)
        return [self._one(who, Act(ticket, action, version, details), key) for ticket, version in chosen.items()]

    def _one(self, who: Caller, act: Act, key: str) -> Outcome:
        number = act.ticket
        try:
            number = ticket_for(self.container, who, act.ticket)[0].number
            self.container.act_on_ticket(act, who=actor(who), key=f"{key} {act.ticket}", scope=who.scope)
        except (ProblemError, Refused) as error:
            return Outcome(number, error)
        return Outcome(number, None)
