"""Composition root of ``linli-rehearse``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.adapters.clock import SystemClock
from services.adapters.postgres import open_pool
from services.rehearsal import saying
from services.rehearsal.asking import rule_in
from services.rehearsal.domain import DAY_MS, Scope
from services.rehearsal.handlers import RehearseRule
from services.rehearsal.postgres import PostgresArchive
from streams.contracts import LinliError

app = typer.Typer(add_completion=False, rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help="The rule as JSON, as GET /api/v1/rules/{id} gives it; -: standard input.")]
Url = Annotated[str, typer.Option(envvar="DATABASE_URL", help="PostgreSQL, in the API's role.")]
Days = Annotated[float, typer.Option(help="How many days back from the end.")]
To = Annotated[int | None, typer.Option(help="The end, epoch ms; now where it is not given.")]
Area = Annotated[str, typer.Option(help="An area code or its beginning.")]
DeviceId = Annotated[str, typer.Option(help="One device.")]
Most = Annotated[int, typer.Option(help="Changes shown one by one.")]
Json = Annotated[bool, typer.Option("--json", help="The whole result as JSON.")]
Lines = Annotated[bool, typer.Option("--lines", help="Progress and refusals as lines of JSON on stderr, for programs.")]


@app.command()
def rehearse(
    rule: File, database: Url, days: Days = 7.0, to: To = None, area: Area = "", device: DeviceId = "",
    most: Most = 20, json: Json = False, lines: Lines = False,
) -> None:  # fmt: skip
    """What the rule would have raised over stored readings, and how that differs from the one in force."""
    asked, end = rule_in(rule), SystemClock().now() if to is None else to
    scope = Scope(end - round(days * DAY_MS), end, area, device)
    telling = saying.lines if lines else saying.progress
    with telling(scope) as progress, open_pool(database, name="rehearsal", size=2) as pool:
        found = RehearseRule(PostgresArchive(pool))(asked, scope, progress)
    saying.as_json(found) if json else saying.result(found, most)


def main() -> int:
    """Run the command: 0 done, 1 refused or unavailable, 2 wrong usage."""
    try:
        app(prog_name="linli-rehearse", standalone_mode=True)
    except LinliError as error:
        saying.failed(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
