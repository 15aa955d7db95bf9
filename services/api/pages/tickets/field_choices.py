"""What a field of a ticket's form offers to choose from: who can be responsible here, what can be said. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.api.language.words import N_, Words
from services.api.pages.ports import TicketRow, UnitRow
from services.api.pages.tickets.ticket_rows import AnswerRow
from services.tickets.domain.catalogue import lineage
from streams.contracts.areas import contains

Option = tuple[str, str]
OTHER_UNITS: Final = N_("其他：在这里，但不管这一类")
OTHER_ANSWERS: Final = N_("知识库的其他条目")


@dataclass(frozen=True, slots=True)
class Choice:
    """Value and words of each option: what fits here, and behind ``label`` the ``rest``."""

    options: tuple[Option, ...]
    rest: tuple[Option, ...] = ()
    label: str = ""

    def with_(self, *more: Option) -> "Choice":
        """The same with more that fits, last."""
        return Choice((*self.options, *more), self.rest, self.label)


def units_here(units: Iterable[UnitRow], row: TicketRow, t: Words, keep: Sequence[str] = ()) -> Choice:
    """The units whose area holds the ticket's place, the nearest area first; who takes other categories is the rest.

    A unit of another place is left out, and the one that has the ticket: the loop refuses both (``unit_elsewhere``,
    ``same_unit``), so to offer them would be a trap. Those
    in ``keep`` are on the ticket already and stay to be seen, wherever they are.
    """
    above = set(lineage(row.category))
    fitting: list[Option] = []
    rest: list[Option] = []
    for unit in sorted(units, key=lambda unit: (-len(unit.area), unit.id)):
        if unit.id == row.lead or (not contains(unit.area, row.area) and unit.id not in keep):
            continue
        fits = unit.id in keep or not row.category or not unit.categories or above & set(unit.categories)
        (fitting if fits else rest).append((unit.id, t.either(unit.name_zh, unit.name_en)))
    return Choice(tuple(fitting), tuple(rest), t(OTHER_UNITS))


def answers_to(answers: Iterable[AnswerRow], t: Words) -> Choice:
    """The entries of the knowledge base that fit the ticket, and the others, each by its question."""
    kept = list(answers)
    fitting = tuple((each.cite, each.question) for each in kept if each.fits)
    others = tuple((each.cite, each.question) for each in kept if not each.fits)
    return Choice(fitting, others, t(OTHER_ANSWERS))
