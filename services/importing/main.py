"""Composition root of ``linli-import``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import httpx
import msgspec
import typer

from services.importing.client import FrontDoor
from services.importing.domain import Fault, Plan, Row, decoded, parts, rows_of, twice
from streams.contracts import LinliError, Refused

WAIT_S = 120.0
app = typer.Typer(add_completion=False, rich_markup_mode=None)
File = Annotated[
    Path, typer.Argument(help="CSV with a header (UTF-8 or GB18030), or JSON Lines where it ends in .jsonl.")
]
Map = Annotated[
    Path, typer.Option("--map", help='YAML or JSON: {"system": "kaifeng", "mapping": {"number": "工单编号", …}}')
]
Server = Annotated[str, typer.Option(envvar="LINLI_SERVER", help="Address of the front door.")]
Token = Annotated[str, typer.Option(envvar="LINLI_TOKEN", help="Bearer token; better given by the environment.")]
Apply = Annotated[bool, typer.Option("--apply", help="Take the tickets over, after a trial of the whole file.")]
Skip = Annotated[bool, typer.Option("--skip-faulty", help="Leave out rows with a fault, instead of taking nothing.")]


@app.command()
def take_over(
    file: File, map_: Map, token: Token, server: Server = "http://127.0.0.1:8080", apply: Apply = False,
    skip_faulty: Skip = False,
) -> None:  # fmt: skip
    """Try the whole file and list every fault as line, column, value and reason; --apply then takes it over."""
    plan = plan_in(map_)
    rows = _rows(file, plan)
    door = FrontDoor(server, token, plan)
    with httpx.Client(timeout=WAIT_S) as http:
        again = list(twice(rows, plan.mapping.get("number", "")))
        known, fresh, faults = _run(door, http, rows, dry_run=True, said="试导 trying")
        faults = sorted({*again, *faults}, key=lambda fault: (fault.line, fault.column))
        for fault in faults:
            typer.echo("\t".join(_cell(word) for word in (str(fault.line), fault.column, fault.value, fault.detail)))
        bad = {fault.line for fault in faults}
        _say(f"{len(rows)} 行 rows，{known} 已导入 known，{fresh} 新 new，{len(bad)} 行有误 rows with faults")
        if not apply or (bad and not skip_faulty):
            raise typer.Exit(1 if bad else 0)
        left = [row for row in rows if row.line not in bad]
        known, fresh, faults = _run(door, http, left, dry_run=False, said="导入 taking over")
        for fault in faults:
            typer.echo("\t".join(_cell(word) for word in (str(fault.line), fault.column, fault.value, fault.detail)))
        _say(f"导入 {fresh} 件 taken over，{known} 件此前已导入 known before，{len(faults)} 件未导入 refused")
    raise typer.Exit(1 if faults or bad else 0)


def plan_in(file: Path) -> Plan:
    """The mapping file.

    Raises:
        Refused: ``file``, it cannot be read or is none.
    """
    try:
        return msgspec.yaml.decode(file.read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused("file", f"{file} is no mapping file / 不是映射文件：{error}") from error


def _rows(file: Path, plan: Plan) -> list[Row]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refused("file", f"{file} cannot be read / 无法读取：{error}") from error
    lines = file.suffix in {".jsonl", ".ndjson"}
    return list(rows_of(decoded(data), lines=lines, number=plan.mapping.get("number", "")))


def _run(
    door: FrontDoor, http: httpx.Client, rows: Sequence[Row], *, dry_run: bool, said: str
) -> tuple[int, int, list[Fault]]:  # fmt: skip
    known, fresh, done = 0, 0, 0
    faults: list[Fault] = []
    for part in parts(rows):
        answer = door.send(http, part, dry_run=dry_run)
        known, fresh, done = known + answer.known, fresh + answer.fresh, done + len(part)
        faults += answer.faults
        _say(f"{said} {done}/{len(rows)}")
    return known, fresh, faults


def _cell(word: str) -> str:
    return "".join(char if char.isprintable() else " " for char in word)


def _say(line: str) -> None:
    """Progress goes to stderr: what stdout holds is the list of faults."""
    typer.echo(line, err=True)


def main() -> int:
    """Run the command: 0 done, 1 faults, refused or unavailable, 2 wrong usage."""
    try:
        app(prog_name="linli-import", standalone_mode=True)
    except LinliError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
