"""Another system's tickets, many at once: each number opens one ticket, however often and in what parts it comes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.ports import Clock, Ids
from services.tickets import domain
from services.tickets.domain import Actor, Source
from services.tickets.domain.catalogue import Line
from services.tickets.domain.numbers import day_of, number
from services.tickets.handlers.counting import count
from services.tickets.handlers.joining import join
from services.tickets.handlers.people import Report, Request, opening_of, source_of
from services.tickets.handlers.places import no_area
from services.tickets.handlers.policies import deadlines_of, named_for
from services.tickets.ports import Atlas, TicketStore, Work
from services.transactions import in_transaction
from streams.contracts import Refused

TOGETHER: Final = 50
"""Reports of one transaction. It holds the day's counter, for which an alarm's ticket waits: some 50 ms."""


@dataclass(frozen=True, slots=True)
class Over:
    """One report that is taken over: its ticket's number, '' in a trial; ``known``, an earlier request had done it."""

    ticket: str
    known: bool


Outcomes = dict[str, Over | Refused]
_Matter = tuple[str, str, int]
"""Category, area and urgency, by which the catalogue names deadlines."""


def _matter(report: Report) -> _Matter:
    return report.category, report.area, report.urgency


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Opens the tickets of another system, by its own numbers. One that is refused is refused alone."""

    store: TicketStore
    clock: Clock
    ids: Ids
    atlas: Atlas

    def __call__(self, reports: Mapping[str, Report], *, who: Actor, scope: str) -> Outcomes:
        """What became of each report, by its number. Parts are whole: what an interruption leaves out comes again."""
        return self._each(reports, who, scope, trial=False)

    def tried(self, reports: Mapping[str, Report], *, who: Actor, scope: str) -> Outcomes:
        """What would become of each; nothing is opened."""
        return self._each(reports, who, scope, trial=True)

    def _each(self, reports: Mapping[str, Report], who: Actor, scope: str, *, trial: bool) -> Outcomes:
        areas = self.atlas.areas_of({report.area for report in reports.values()})
        outcomes: Outcomes = {}
        sound = []
        for key, report in reports.items():
            try:
                source_of(report, who, scope)
                if report.area and report.area not in areas:
                    raise no_area(report.area)
            except Refused as refused:
                outcomes[key] = refused
            else:
                sound.append(key)
        named = self._named(reports[key] for key in sound)
        for start in range(0, len(sound), TOGETHER):
            part = _Part(self, who, {key: reports[key] for key in sound[start : start + TOGETHER]}, named)
            outcomes |= in_transaction(self.store, part.tried if trial else part.taken)
        return outcomes

    def _named(self, reports: Iterable[Report]) -> dict[_Matter, str]:
        """The deadlines that the catalogue names, for the matters that it names any for."""
        of_area: dict[str, list[Line]] = {}
        for line in self.atlas.lines():
            of_area.setdefault(line.area, []).append(line)
        if not any(line.policy for lines in of_area.values() for line in lines):
            return {}
        lengths = {len(area) for area in of_area}

        def near(area: str) -> list[Line]:
            return [line for length in lengths for line in of_area.get(area[:length], ()) if length <= len(area)]

        return {matter: named_for(near(matter[1]), *matter) for matter in {_matter(report) for report in reports}}


@dataclass(frozen=True, slots=True)
class _Part:
    """What is done in one transaction."""

    use: TakeOver
    who: Actor
    reports: Mapping[str, Report]
    named: Mapping[_Matter, str]

    def tried(self, work: Work) -> Outcomes:
        outcomes, fresh = self._known(work)
        return outcomes | {request.key: Over("", known=False) for request in fresh}

    def taken(self, work: Work) -> Outcomes:
        outcomes, fresh = self._known(work)
        return outcomes | self._opened(work, fresh) if fresh else outcomes

    def _known(self, work: Work) -> tuple[Outcomes, list[Request]]:
        """What became of those that came before, and the rest."""
        requests = [Request(key, self.who, report) for key, report in self.reports.items()]
        answers = work.answers([request.name for request in requests])
        numbers = work.numbers([answer.ticket for answer in answers.values()])
        outcomes: Outcomes = {}
        fresh = []
        for request in requests:
            try:
                before = request.among(answers)
            except Refused as refused:
                outcomes[request.key] = refused
            else:
                if before is None:
                    fresh.append(request)
                else:
                    outcomes[request.key] = Over(numbers[before.ticket], known=True)
        return outcomes, fresh

    def _opened(self, work: Work, fresh: Sequence[Request]) -> Outcomes:
        now = self.use.clock.now()
        policies = {name: deadlines_of(work, name) for name in {"", *self.named.values()}}
        day = day_of(now)
        count_from = work.next_count(day, len(fresh))
        opened = []
        for place, request in enumerate(fresh, count_from):
            report = self.reports[request.key]
            policy = policies[self.named.get(_matter(report), "")]
            opening = opening_of(report, self.who, number=number(day, place), source=Source.SYSTEM, policy=policy)
            opened.append(domain.report(opening, id=self.use.ids.new(), now=now, who=self.who))
        work.open_all(opened)
        for _, events in opened:
            count(events)
        tickets = [join(work, ticket, now) for ticket, _ in opened]
        work.remember({request.name: request.done(ticket) for request, ticket in zip(fresh, tickets, strict=True)})
        return {request.key: Over(ticket.number, known=False) for request, ticket in zip(fresh, tickets, strict=True)}
