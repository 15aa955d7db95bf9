"""Tickets of another system taken over: by a mapping of its columns, tried first, and each once by its own number."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from services import rowfiles
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Shape
from services.api.words import Word
from services.registry.domain import Permission
from services.tickets.domain import Actor, Role
from services.tickets.domain import Caller as ReportedBy
from services.tickets.domain.imports import Fault, Foreign, check_mapping, foreign_of
from services.tickets.handlers import Report
from streams.contracts import Refused

MOST: Final = 1_000
"""Tickets of one request."""
Importer = Annotated[Caller, Depends(allow(Permission.CALLERS))]
Rows = list[tuple[int, Mapping[str, str]]]


class ImportAsked(Asked):
    """A file as text: CSV with a header, or JSON Lines. ``mapping`` says which column each field of ours comes from."""

    system: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="The other system's name.", examples=["kaifeng"]
    )
    format: Literal["csv", "jsonl"]
    mapping: dict[Word, Word] = Field(
        min_length=1, max_length=20, examples=[{"number": "工单编号", "title": "标题", "text": "诉求内容"}]
    )
    content: str = Field(min_length=1, max_length=1_000_000)
    dry_run: bool = Field(default=True, description="Only say what is wrong; nothing is opened.")


class FaultShape(Shape):
    """What is wrong with a cell; ``line`` counts the file's lines from 1."""

    line: int
    column: str
    value: str
    detail: str
    because: str = Field(examples=["idempotency"], description="The kind of fault, for programs.")
    n: int
    most: int


class TakenShape(Shape):
    """A ticket that was taken over; ``known``: it had been before."""

    line: int
    number: str
    ticket: str
    known: bool


class ImportShape(Shape):
    """``sound`` rows of ``rows`` can be read. ``known`` were taken over before; ``fresh`` are, or would be, opened now.

    Nothing is taken over of a file that cannot be read whole. What the platform itself refuses (a number that came
    back with another content, a place outside the caller's area) is a fault of its row alone.
    """

    rows: int
    sound: int
    known: int
    fresh: int
    faults: list[FaultShape]
    taken: list[TakenShape]


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.post("/tickets/import", responses=documented(409))
    def import_tickets(caller: Importer, asked: ImportAsked) -> ImportShape:
        """Try a file (``dry_run``), or take it over: each number of a system once, however often it is sent."""
        return take_over(container, caller, asked)

    return routes


def rows_of(asked: ImportAsked) -> Rows:
    """The file's rows, each with its line.

    Raises:
        Refused: ``invalid``, it is no file of its format, or has more than :data:`MOST` rows.
    """
    read = rowfiles.csv_rows if asked.format == "csv" else rowfiles.json_rows
    rows: Rows = []
    try:
        for row in read(asked.content):
            if len(rows) == MOST:
                raise _wrong(f"it has more than {MOST} tickets", "Split it.", because="many")
            rows.append(row)
    except rowfiles.UnreadableError as error:
        raise _wrong(str(error), because=error.because, line=error.line, what=error.what) from None
    return rows


def take_over(container: Container, caller: Caller, asked: ImportAsked) -> ImportShape:
    """Try a file, and take it over where that is asked and every row can be read.

    Raises:
        Refused: ``invalid``, the file or its mapping.
    """
    rows = rows_of(asked)
    check_mapping(asked.mapping, {column for _, row in rows for column in row})
    found = list(foreign_of(rows, asked.mapping))
    sound = [each for each in found if isinstance(each, Foreign)]
    faults = [each for each in found if isinstance(each, Fault)]
    readable = not faults
    applied = readable and not asked.dry_run
    act = container.take_over if applied else container.take_over.tried
    reports = {each.number: _report(asked.system, each) for each in sound}
    outcomes = act(reports, who=Actor(f"import:{asked.system}", Role.OPERATOR), scope=caller.scope)
    known, fresh = 0, 0
    taken: list[TakenShape] = []
    for each in sound:
        outcome = outcomes[each.number]
        if isinstance(outcome, Refused):
            field = _field(outcome, asked.mapping)
            value = each.fields.get(field, "")
            faults.append(Fault(each.line, asked.mapping[field], value, outcome.detail, outcome.code))
            continue
        known, fresh = known + outcome.known, fresh + (not outcome.known)
        if applied:
            taken.append(TakenShape(line=each.line, number=each.number, ticket=outcome.ticket, known=outcome.known))
    shown = [FaultShape(**dataclasses.asdict(fault)) for fault in sorted(faults, key=lambda fault: fault.line)]
    return ImportShape(
        rows=len(rows), sound=len(sound), known=known, fresh=fresh if readable else 0, faults=shown, taken=taken
    )  # fmt: skip


def _field(refused: Refused, mapping: Mapping[str, str]) -> str:
    """Which of our fields a row was refused for; its number, where none is named or no column gave it."""
    wrong = refused.extra.get("wrong")
    named = "area" if refused.code == "forbidden" else str(wrong[0]) if isinstance(wrong, list) and wrong else ""
    return named if named in mapping else "number"


def _report(system: str, foreign: Foreign) -> Report:
    """It is opened in the system's own name: its numbers are its own, whoever sends the file."""
    said = foreign.fields
    name, phone = said.get("caller_name", ""), said.get("caller_phone", "")
    return Report(
        title=said["title"],
        text=f"{said.get('text', '')}\n原系统编号 {system} {foreign.number}".strip(),
        place=said.get("place", ""),
        area=said.get("area", ""),
        category=said.get("category", ""),
        caller=ReportedBy(name, phone) if name or phone else None,
    )


def _wrong(detail: str, remedy: str = "Mend the file and send it again.", **extra: object) -> Refused:
    return Refused("invalid", f"The file cannot be read: {detail}.", field="content", remedy=remedy, **extra)
