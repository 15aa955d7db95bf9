"""One run over a file: its mapping, its rows, part after part, and what is said of it meanwhile."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import httpx
import msgspec
import typer

from services.importing.client import FrontDoor
from services.importing.domain import Fault, Plan, Row, decoded, parts, rows_of, twice
from streams.contracts import Refused


def plan_in(file: Path) -> Plan:
    """The mapping file.

    Raises:
        Refused: ``file``, it cannot be read or is none.
    """
    try:
        return msgspec.yaml.decode(file.read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused("file", f"{file} is no mapping file / 不是映射文件：{error}") from error


def rows_in(file: Path, plan: Plan) -> list[Row]:
    """The rows of a file.

    Raises:
        Refused: ``file``, it cannot be read.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refused("file", f"{file} cannot be read / 无法读取：{error}") from error
    lines = file.suffix in {".jsonl", ".ndjson"}
    return list(rows_of(decoded(data), lines=lines, number=plan.mapping.get("number", "")))


def tried(door: FrontDoor, http: httpx.Client, rows: Sequence[Row]) -> set[int]:
    """Try every row and list what is wrong; the lines of rows with a fault.

    Raises:
        Refused, Unavailable: as :meth:`FrontDoor.send`.
    """
    again = twice(rows, door.plan.mapping.get("number", ""))
    known, fresh, faults = _run(door, http, rows, dry_run=True, said="试导 trying")
    faults = sorted({*again, *faults}, key=lambda fault: (fault.line, fault.column))
    _listed(faults)
    bad = {fault.line for fault in faults}
    say(f"{len(rows)} 行 rows，{known} 已导入 known，{fresh} 新 new，{len(bad)} 行有误 rows with faults")
    return bad


def taken_over(door: FrontDoor, http: httpx.Client, rows: Sequence[Row]) -> set[int]:
    """Take every row over; the lines of those that were refused after all.

    Raises:
        Refused, Unavailable: as :meth:`FrontDoor.send`; what was taken over stays.
    """
    known, fresh, faults = _run(door, http, rows, dry_run=False, said="导入 taking over")
    _listed(faults)
    say(f"导入 {fresh} 件 taken over，{known} 件此前已导入 known before，{len(faults)} 件未导入 refused")
    return {fault.line for fault in faults}


def _run(
    door: FrontDoor, http: httpx.Client, rows: Sequence[Row], *, dry_run: bool, said: str
) -> tuple[int, int, list[Fault]]:  # fmt: skip
    """Known rows, new rows and faults of all parts; ``said`` names what is done."""
    known, fresh, done = 0, 0, 0
    faults: list[Fault] = []
    for part in parts(rows):
        answer = door.send(http, part, dry_run=dry_run)
        known, fresh, done = known + answer.known, fresh + answer.fresh, done + len(part)
        faults += answer.faults
        say(f"{said} {done}/{len(rows)}")
    return known, fresh, faults


def _listed(faults: Iterable[Fault]) -> None:
    """Faults on stdout, one a line: line, column, value and reason with tabs between."""
    for fault in faults:
        typer.echo("\t".join(_cell(word) for word in (str(fault.line), fault.column, fault.value, fault.detail)))


def _cell(word: str) -> str:
    return "".join(char if char.isprintable() else " " for char in word)


def say(line: str) -> None:
    """Progress goes to stderr: what stdout holds is the list of faults."""
    typer.echo(line, err=True)
