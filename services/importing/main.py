"""Composition root of ``linli-import``."""

import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer

from services.importing.client import FrontDoor
from services.importing.running import plan_in, rows_in, say, taken_over, tried
from streams.contracts import LinliError

WAIT_S = 120.0
app = typer.Typer(add_completion=False, rich_markup_mode=None)
File = Annotated[
    Path, typer.Argument(help="CSV with a header, as a spreadsheet saves it, or JSON Lines where it ends in .jsonl.")
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
    rows = rows_in(file, plan)
    door = FrontDoor(server, token, plan)
    with httpx.Client(timeout=WAIT_S) as http:
        bad = tried(door, http, rows)
        if apply and (skip_faulty or not bad):
            bad |= taken_over(door, http, [row for row in rows if row.line not in bad])
    raise typer.Exit(1 if bad else 0)


def main() -> int:
    """Run the command: 0 done, 1 faults, refused or unavailable, 2 wrong usage."""
    try:
        app(prog_name="linli-import", standalone_mode=True)
    except LinliError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
